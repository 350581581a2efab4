package setup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"rondo/worker"
)

const overlapSkip = enums.SCHEDULE_OVERLAP_POLICY_SKIP

// namespace makes the namespace, or gives the present one the retention.
func namespace(ctx context.Context, at worker.Connection, retention time.Duration, log *slog.Logger) error {
	o, err := at.Options(log, nil)
	if err != nil {
		return err
	}
	c, err := client.NewNamespaceClient(o)
	if err != nil {
		return fmt.Errorf("connect to temporal at %s: %w", at.Address, err)
	}
	defer c.Close()
	if err := settle(ctx, func() error { return ensureNamespace(ctx, c, at.Namespace, retention, log) }); err != nil {
		return fmt.Errorf("temporal at %s: %w", at.Address, err)
	}
	return nil
}

func ensureNamespace(ctx context.Context, c client.NamespaceClient, name string, retention time.Duration, log *slog.Logger) error {
	have, err := c.Describe(ctx, name)
	var missing *serviceerror.NamespaceNotFound
	if errors.As(err, &missing) {
		err = c.Register(ctx, &workflowservice.RegisterNamespaceRequest{
			Namespace: name, Description: "Rondo: rounds of introductions",
			WorkflowExecutionRetentionPeriod: durationpb.New(retention),
		})
		var raced *serviceerror.NamespaceAlreadyExists
		if err != nil && !errors.As(err, &raced) {
			return fmt.Errorf("make namespace %s: %w", name, err)
		}
		log.InfoContext(ctx, "temporal namespace made", slog.String("namespace", name), slog.Duration("retention", retention))
		return nil
	}
	if err != nil {
		return fmt.Errorf("read namespace %s: %w", name, err)
	}
	if have.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration() == retention {
		return nil
	}
	err = c.Update(ctx, &workflowservice.UpdateNamespaceRequest{
		Namespace: name, Config: &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(retention)},
	})
	if err != nil {
		return fmt.Errorf("set retention of namespace %s: %w", name, err)
	}
	return nil
}
