package setup

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"rondo/workflows"
)

// searchAttributes registers what is missing. One that exists with another type is an error that only people can mend.
func searchAttributes(ctx context.Context, c client.Client, namespace string) error {
	have, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("list: %w", err)
	}
	missing := map[string]enums.IndexedValueType{}
	for _, key := range []temporal.SearchAttributeKey{
		workflows.KindAttribute, workflows.PhaseAttribute, workflows.ProgramAttribute, workflows.SequenceAttribute,
		workflows.SessionAttribute,
	} {
		is, known := have.GetCustomAttributes()[key.GetName()]
		switch {
		case !known:
			missing[key.GetName()] = key.GetValueType()
		case is != key.GetValueType():
			return fmt.Errorf("%s exists as %s, and has to be %s: remove it with `temporal operator search-attribute remove`", key.GetName(), is, key.GetValueType())
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: namespace, SearchAttributes: missing,
	})
	var raced *serviceerror.AlreadyExists
	if err != nil && !errors.As(err, &raced) {
		return fmt.Errorf("add: %w", err)
	}
	return nil
}

// missingAttribute reads how Temporal says that it does not know a search attribute yet.
func missingAttribute(message string) bool {
	return strings.Contains(message, "search attribute") || strings.Contains(message, "is not defined")
}
