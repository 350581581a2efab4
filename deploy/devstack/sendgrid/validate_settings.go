package sendgrid

import "strings"

// A setting has a boolean enable and some members that are strings.
type setting struct {
	name  string
	texts []string
}

var mailSettings = []setting{
	{name: "bcc"},
	{name: "bypass_list_management"},
	{name: "bypass_spam_management"},
	{name: "bypass_bounce_management"},
	{name: "bypass_unsubscribe_management"},
	{name: "footer", texts: []string{"text", "html"}},
	{name: "sandbox_mode"},
	{name: "spam_check", texts: []string{"post_to_url"}},
}

var trackingSettings = []setting{
	{name: "click_tracking"},
	{name: "open_tracking", texts: []string{"substitution_tag"}},
	{name: "subscription_tracking", texts: []string{"text", "html", "substitution_tag"}},
	{name: "ganalytics", texts: []string{"utm_source", "utm_medium", "utm_term", "utm_content", "utm_campaign"}},
}

func (v *validator) settings(group int, settings []setting) {
	for _, setting := range settings {
		v.field(group, setting.name, kindObject, func(i int) {
			v.field(i, "enable", kindBool, nil)
			for _, text := range setting.texts {
				v.field(i, text, kindString, nil)
			}
		})
	}
}

func (v *validator) mailSettings(group int) {
	v.settings(group, mailSettings)
	v.enabled(group, "sandbox_mode", func(int) { v.request.sandbox = true })
	v.enabled(group, "bcc", func(i int) { v.mailbox(i) })
	v.enabled(group, "spam_check", v.spamCheck)
	v.bypass(group)
}

func (v *validator) trackingSettings(group int) {
	v.settings(group, trackingSettings)
	v.field(group, "click_tracking", kindObject, func(i int) { v.field(i, "enable_text", kindBool, nil) })
}

// enabled runs f on the setting called name if it is switched on.
func (v *validator) enabled(i int, name string, f func(setting int)) {
	if s, ok := v.get(i, name); ok {
		if enable, ok := v.get(s, "enable"); ok && v.isTrue(enable) {
			v.at(name, func() { f(s) })
		}
	}
}

func (v *validator) bypass(i int) {
	all, some := false, ""
	v.enabled(i, "bypass_list_management", func(int) { all = true })
	for _, name := range []string{"bypass_spam_management", "bypass_bounce_management", "bypass_unsubscribe_management"} {
		v.enabled(i, name, func(int) { some = name })
	}
	if all && some != "" {
		v.at("bypass_list_management", func() { v.fail("cannot be combined with %s", some) })
	}
}

func (v *validator) spamCheck(i int) {
	url := v.getStr(i, "post_to_url")
	if !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") {
		v.at("post_to_url", func() { v.fail("a URL beginning with http:// or https:// is required") })
	}
	ok := v.field(i, "threshold", kindNumber, func(t int) {
		if n, whole := v.integer(t); !whole || n < 1 || n > 10 {
			v.fail("the threshold is a number from 1 to 10")
		}
	})
	if !ok {
		v.at("threshold", func() { v.fail("a threshold is required") })
	}
}
