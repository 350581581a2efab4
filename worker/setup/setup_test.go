package setup

import (
	"crypto/rand"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"rondo/worker"
	"rondo/workflows"
)

var quiet = slog.New(slog.DiscardHandler)

func connection(t *testing.T) worker.Connection {
	t.Helper()
	address := os.Getenv("RONDO_TEMPORAL_ADDRESS")
	if address == "" {
		t.Skip("RONDO_TEMPORAL_ADDRESS is not set: run `make test`, which starts a Temporal")
	}
	return worker.Connection{Address: address, Namespace: "setup-" + strings.ToLower(rand.Text())}
}

func TestManyPlacesSetUpTheSameNamespaceAtOnce(t *testing.T) {
	at := connection(t)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if err := Temporal(t.Context(), at, 30*24*time.Hour, quiet); err != nil {
				t.Errorf("set up: %v", err)
			}
		})
	}
	all.Wait()
	c, err := at.Dial(t.Context(), quiet, nil)
	require.NoError(t, err)
	defer c.Close()

	schedule, err := c.ScheduleClient().GetHandle(t.Context(), workflows.ReconcileSchedule).Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, 30*time.Second, schedule.Schedule.Spec.Intervals[0].Every)
	require.Equal(t, enums.SCHEDULE_OVERLAP_POLICY_SKIP, schedule.Schedule.Policy.Overlap)
	require.Equal(t, time.Minute, schedule.Schedule.Policy.CatchupWindow)
	require.Equal(t, workflows.QueueRounds, schedule.Schedule.Action.(*client.ScheduleWorkflowAction).TaskQueue)

	attributes, err := c.OperatorService().ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: at.Namespace})
	require.NoError(t, err)
	require.Equal(t, enums.INDEXED_VALUE_TYPE_KEYWORD, attributes.GetCustomAttributes()[workflows.PhaseAttribute.GetName()])
}

func TestAChangedRetentionIsTakenOver(t *testing.T) {
	at := connection(t)
	for _, retention := range []time.Duration{48 * time.Hour, 24 * time.Hour, 72 * time.Hour} {
		require.NoError(t, Temporal(t.Context(), at, retention, quiet))
		c, err := at.Dial(t.Context(), quiet, nil)
		require.NoError(t, err)
		defer c.Close()
		have, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: at.Namespace})
		require.NoError(t, err)
		require.Equal(t, retention, have.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())
	}
}

func TestASearchAttributeOfAnotherTypeIsNamed(t *testing.T) {
	at := connection(t)
	require.NoError(t, namespace(t.Context(), at, 24*time.Hour, quiet))
	c, err := at.Dial(t.Context(), quiet, nil)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, settle(t.Context(), func() error {
		_, err := c.OperatorService().AddSearchAttributes(t.Context(), &operatorservice.AddSearchAttributesRequest{
			Namespace: at.Namespace, SearchAttributes: map[string]enums.IndexedValueType{workflows.KindAttribute.GetName(): enums.INDEXED_VALUE_TYPE_INT},
		})
		return err
	}))
	require.ErrorContains(t, Temporal(t.Context(), at, 24*time.Hour, quiet), workflows.KindAttribute.GetName()+" exists as Int")
}

func TestATemporalThatIsNotThereIsAnError(t *testing.T) {
	err := Temporal(t.Context(), worker.Connection{Address: "127.0.0.1:1", Namespace: "nobody"}, 24*time.Hour, quiet)
	require.ErrorContains(t, err, "127.0.0.1:1")
}
