package api

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"

	"rondo/api/web"
)

var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".wasm": "application/wasm", ".tflite": "application/octet-stream",
}

// addStatic serves the front page and what pages load.
func (p *pages) addStatic() {
	get := func(path, id string, h func(*gin.Context) error) {
		plain(p.Server, Route{Method: http.MethodGet, Path: path, ID: id, Tag: "pages", Scope: Public, Embedded: id != "home", Problem: p.problem}, h)
	}
	get("/", "home", func(c *gin.Context) error {
		return p.show(c, http.StatusOK, "home", web.Page{Title: "Rondo", Content: homePage{p.base + "/docs", p.base + "/openapi.json", p.base + "/healthz"}})
	})
	get("/favicon.svg", "get-favicon", func(c *gin.Context) error {
		c.Header("Cache-Control", "public, max-age=86400")
		c.Data(http.StatusOK, "image/svg+xml", web.Favicon())
		return nil
	})
	get("/assets/{name}", "get-asset", func(c *gin.Context) error { return asset(c, c.Param("name")) })
	get("/assets/{name}/{file}", "get-asset-file", func(c *gin.Context) error { return asset(c, c.Param("name")+"/"+c.Param("file")) })
}

// asset answers with a built file. Packed ones are sent as they are to whoever unpacks gzip, and that is every browser.
func asset(c *gin.Context, name string) error {
	b, packed, err := web.Asset(name)
	contentType := assetTypes[path.Ext(name)]
	if err != nil || contentType == "" {
		return newProblem(http.StatusNotFound, "asset_not_found", "there is no such file")
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	if packed {
		c.Header("Vary", "Accept-Encoding")
		if !strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
			return unpacked(c, contentType, b)
		}
		c.Header("Content-Encoding", "gzip")
	}
	c.Data(http.StatusOK, contentType, b)
	return nil
}

func unpacked(c *gin.Context, contentType string, b []byte) error {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("unpack asset: %w", err)
	}
	c.DataFromReader(http.StatusOK, -1, contentType, r, nil)
	return nil
}

type homePage struct{ Docs, OpenAPI, Health string }
