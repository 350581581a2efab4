package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"rondo/api"
)

type openAPICommand struct {
	Downgrade bool   `help:"OpenAPI 3.0.3 instead of 3.1, for generators that need it."`
	Output    string `help:"File to write instead of standard output."`
}

// Run writes the document.
func (o openAPICommand) Run() error {
	doc, err := api.Document()
	if err != nil {
		return err
	}
	b, err := doc.MarshalJSON()
	if o.Downgrade {
		b, err = doc.Downgrade()
	}
	if err != nil {
		return fmt.Errorf("write OpenAPI document: %w", err)
	}
	var text bytes.Buffer
	if err := json.Indent(&text, b, "", "  "); err != nil {
		return fmt.Errorf("write OpenAPI document: %w", err)
	}
	text.WriteByte('\n')
	if o.Output != "" {
		return os.WriteFile(o.Output, text.Bytes(), 0o600)
	}
	_, err = text.WriteTo(os.Stdout)
	return err
}
