package main

import (
	"encoding/json"
	"fmt"
	"os"

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

type openAPICommand struct {
	Downgrade bool `help:"OpenAPI 3.0.3 instead of 3.1, for generators that need it."`
}

// Run writes the document.
func (o openAPICommand) Run() error {
	doc, err := api.Document()
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(doc, "", "  ")
	if o.Downgrade {
		b, err = doc.Downgrade()
	}
	if err != nil {
		return fmt.Errorf("write OpenAPI document: %w", err)
	}
	_, err = os.Stdout.Write(append(b, '\n'))
	return err
}
