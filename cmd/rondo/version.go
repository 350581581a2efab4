package main

import (
	"fmt"

	"rondo/activities/store"
	"rondo/api"
)

type versionCommand struct{}

// Run prints one fact a line.
func (versionCommand) Run() error {
	v := api.BuildVersion()
	oldest, newest, err := store.SchemaRange()
	if err != nil {
		return err
	}
	revision := v.Revision
	if v.Modified {
		revision += " (modified)"
	}
	_, err = fmt.Printf("rondo    %s\nrevision %s\ngo       %s\nengine   %s\nschema   %d to %d\n", v.Module, revision, v.Go, v.Engine, oldest, newest)
	return err
}
