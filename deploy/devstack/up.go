package main

import "errors"

type upCommand struct{}

func (u upCommand) Run() error { return errors.New("soon") }
