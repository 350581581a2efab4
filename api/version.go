package api

import (
	"context"
	"net/http"
	"runtime"
	"runtime/debug"

	"rondo/activities/matching"
)

// Version says what this binary was built from.
type Version struct {
	Module   string `json:"module" doc:"Version of the module, or (devel)"`
	Revision string `json:"revision,omitempty" doc:"Commit it was built from"`
	Modified bool   `json:"modified,omitempty" doc:"Whether the source differed from that commit"`
	Go       string `json:"go" example:"go1.26.8"`
	Engine   string `json:"engine" doc:"Version of the matching engine, recorded with every round's seed"`
}

// BuildVersion reads what the Go linker wrote into the binary.
func BuildVersion() Version {
	v := Version{Module: "(devel)", Go: runtime.Version(), Engine: matching.Engine}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Module = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

func (s *Server) addVersion() {
	handle(s, Route{Method: http.MethodGet, Path: "/v1/version", ID: "get-version", Tag: "operation", Summary: "What runs here", Scope: Read}, s.version)
}

type versionOutput struct{ Body Version }

func (s *Server) version(context.Context, *struct{}) (*versionOutput, error) {
	return &versionOutput{Body: BuildVersion()}, nil
}
