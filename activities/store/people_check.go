package store

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rondo/activities/calendar"
	"rondo/activities/fault"
)

// Limits on what is stored of a person, in characters.
const (
	MaxName           = 200
	MaxAttributeName  = 100
	MaxAttributeValue = 1000
	MaxAttributes     = 100 // in one request or file
)

// AttributeName gives the one form in which an attribute is named: trimmed, lower case. Names have no case, so that a
// filter, a matching rule and a text find the attribute however a file spelt its header.
func AttributeName(location, s string) (string, error) {
	name, err := cleanLine(location, s, MaxAttributeName)
	if err == nil && name == "" {
		err = fault.BadField("attribute_name_required", location, "an attribute has a name")
	}
	return strings.ToLower(name), err
}

// AttributeValue may have several lines; the empty value is the same as no attribute.
func AttributeValue(location, s string) (string, error) {
	return cleanText(location, s, MaxAttributeValue, "\n\t")
}

// personName is one line: it becomes part of mail headers.
func personName(location, s string) (string, error) { return cleanLine(location, s, MaxName) }

// timezoneName accepts an IANA name, or nothing where the zone is not known.
func timezoneName(location, s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	if _, err := calendar.Zone(s); err != nil {
		return "", fault.BadField("timezone_unknown", location, "this time zone is unknown: use an IANA name such as Europe/Paris")
	}
	return s, nil
}

func cleanLine(location, s string, limit int) (string, error) {
	return cleanText(location, s, limit, "")
}

// requiredName cleans the name in a body, of up to MaxName characters.
func requiredName(name, of string) (string, error) {
	name, err := cleanLine("body.name", name, MaxName)
	if err == nil && name == "" {
		err = fault.BadField("name_missing", "body.name", "%s needs a name", of)
	}
	return name, err
}

// cleanText trims and accepts what can be stored and shown: UTF-8 without control characters other than those allowed.
func cleanText(location, s string, limit int, allowed string) (string, error) {
	if !utf8.ValidString(s) {
		return "", fault.BadField("not_utf8", location, "the text is not UTF-8: save the file with that encoding")
	}
	s = strings.TrimSpace(s)
	for _, r := range s {
		if unicode.IsControl(r) && !strings.ContainsRune(allowed, r) {
			return "", fault.BadField("control_character", location, "the text contains a line break or another control character")
		}
	}
	if n := utf8.RuneCountInString(s); n > limit {
		return "", fault.BadField("too_long", location, "the text has %d characters: at most %d are stored", n, limit)
	}
	return s, nil
}

// attributeChanges cleans what a request says about attributes: values to set, names to remove, which have an empty value.
func attributeChanges(in map[string]string) (set map[string]string, remove []string, err error) {
	if len(in) > MaxAttributes {
		return nil, nil, fault.BadField("too_many_attributes", "body.attributes", "there are %d attributes: at most %d at once", len(in), MaxAttributes)
	}
	set, remove = map[string]string{}, []string{}
	for raw, value := range in {
		name, err := AttributeName("body.attributes", raw)
		if err != nil {
			return nil, nil, err
		}
		v, err := AttributeValue("body.attributes."+name, value)
		_, twice := set[name]
		switch {
		case twice || slices.Contains(remove, name):
			return nil, nil, fault.BadField("attribute_repeated", "body.attributes."+name, "the attribute is named twice: names have no case")
		case err != nil:
			return nil, nil, err
		case v == "":
			remove = append(remove, name)
		default:
			set[name] = v
		}
	}
	return set, remove, nil
}
