package servers

import (
	"fmt"

	"go.temporal.io/server/common/log"
	v12 "go.temporal.io/server/schema/postgresql/v12"
	"go.temporal.io/server/tools/common/schema"
	"go.temporal.io/server/tools/sql"
)

// TemporalSchema names the versions of both schemas.
const TemporalSchema = v12.Version + "/" + v12.VisibilityVersion

// MigrateTemporal brings both databases to the schema of the linked server, new
// databases as well as those of an older version.
func MigrateTemporal(p PostgresAccess) error {
	if err := p.migrate(p.Database, "postgresql/v12/temporal", v12.Version); err != nil {
		return fmt.Errorf("temporal schema: %w", err)
	}
	if err := p.migrate(p.VisibilityDatabase, "postgresql/v12/visibility", v12.VisibilityVersion); err != nil {
		return fmt.Errorf("temporal visibility schema: %w", err)
	}
	return nil
}

func (p PostgresAccess) migrate(database, files, version string) error {
	logger := log.NewNoopLogger()
	db, err := sql.NewConnection(p.sql(database, 1), logger)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer db.Close()
	present, err := db.ReadSchemaVersion()
	if err == nil && present == version {
		return nil
	}
	if err != nil { // no version table: a new database
		if err := schema.NewSetupSchemaTask(db, &schema.SetupConfig{InitialVersion: "0.0"}, logger).Run(); err != nil {
			return fmt.Errorf("set up: %w", err)
		}
	}
	if err := schema.NewUpdateSchemaTask(db, &schema.UpdateConfig{SchemaName: files}, logger).Run(); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	return nil
}
