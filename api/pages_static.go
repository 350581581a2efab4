package api

import (
	"net/http"
	"path"

	"github.com/gin-gonic/gin"

	"rondo/api/web"
)

var assetTypes = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}

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
	get("/assets/{name}", "get-asset", func(c *gin.Context) error {
		b, err := web.Asset(c.Param("name"))
		contentType := assetTypes[path.Ext(c.Param("name"))]
		if err != nil || contentType == "" {
			return newProblem(http.StatusNotFound, "asset_not_found", "there is no such file")
		}
		c.Header("Cache-Control", "public, max-age=31536000, immutable")
		c.Data(http.StatusOK, contentType, b)
		return nil
	})
}

type homePage struct{ Docs, OpenAPI, Health string }
