package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"rondo/activities/fault"
)

func TestHistoriesGetCodesAndLogsGetTheRest(t *testing.T) {
	personal := "Key (email)=(ada@example.org) already exists"
	driver := &pgconn.PgError{Code: "23505", Message: personal}
	for name, c := range map[string]struct {
		fail      func() error
		code      string
		permanent bool
		delay     time.Duration
	}{
		"a permanent fault": {
			fail: func() error {
				return fmt.Errorf("round 7: %w", fault.Wrap(errors.New(personal), fault.Invalid, "rules_contradict", "ada@example.org"))
			},
			code: "rules_contradict", permanent: true,
		},
		"a limit": {
			fail: func() error {
				f := fault.Wrap(errors.New(personal), fault.Limited, "provider_limit", "slow down")
				f.RetryAfter = 7 * time.Second
				return f
			},
			code: "provider_limit", delay: 7 * time.Second,
		},
		"a driver's error":     {fail: func() error { return fmt.Errorf("insert person: %w", driver) }, code: "internal"},
		"a database that left": {fail: func() error { return &pgconn.PgError{Code: "57P01", Message: personal} }, code: "database_unavailable", delay: time.Second},
		"a panic":              {fail: func() error { panic(personal) }, code: "internal"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&faults{log: slog.New(slog.NewTextHandler(&log, nil))}}})
			env.RegisterActivityWithOptions(func(context.Context) error { return c.fail() }, activity.RegisterOptions{Name: "Fail"})
			_, err := env.ExecuteActivity("Fail")
			var told *temporal.ApplicationError
			require.ErrorAs(t, err, &told)
			require.Equal(t, c.code, told.Type())
			require.Equal(t, c.permanent, told.NonRetryable())
			require.Equal(t, c.delay, told.NextRetryDelay())
			require.NotContains(t, err.Error(), "ada@")
			require.Contains(t, log.String(), "ada@")
			require.Contains(t, log.String(), "code="+c.code)
		})
	}
}
