package sendgrid

import (
	"html"
	"regexp"
)

var (
	hrefPattern = regexp.MustCompile(`(?i)<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))`)
	urlPattern  = regexp.MustCompile(`https?://[^\s<>"')\]]+`)
)

// links are the web addresses a reader of m can follow, in order, each once: those of the HTML, else those of the text.
func (m *Mail) links() []string {
	var list []string
	seen := map[string]bool{}
	add := func(url string) {
		if urlPattern.MatchString(url) && !seen[url] {
			seen[url] = true
			list = append(list, url)
		}
	}
	for _, match := range hrefPattern.FindAllStringSubmatch(m.HTML, -1) {
		add(html.UnescapeString(match[1] + match[2] + match[3]))
	}
	if len(list) == 0 {
		for _, url := range urlPattern.FindAllString(m.Text, -1) {
			add(url)
		}
	}
	return list
}
