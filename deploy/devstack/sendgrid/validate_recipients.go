package sendgrid

import "strings"

func (v *validator) personalizations(i int) {
	n := v.len(i)
	switch {
	case n == 0:
		v.fail("at least one personalization is required")
		return
	case n > maxPersonalizations:
		v.fail("%d personalizations in one request, the limit is %d", n, maxPersonalizations)
		return
	}
	v.request.messages = make([]envelope, 0, n)
	v.elements(i, kindObject, v.personalization)
	if v.recipients > maxRecipients {
		v.fail("%d recipients (to + cc + bcc) in one request, the limit is %d", v.recipients, maxRecipients)
	}
}

func (v *validator) personalization(i int) {
	e := envelope{sendAt: v.sendAt}
	empty := false
	found := v.field(i, "to", kindArray, func(list int) { empty = v.len(list) == 0; v.addresses(list, &e) })
	if !found || empty {
		v.at("to", func() { v.fail("every personalization needs a to array with at least one valid address") })
	}
	v.field(i, "cc", kindArray, func(list int) { v.addresses(list, &e) })
	v.field(i, "bcc", kindArray, func(list int) { v.addresses(list, &e) })
	v.field(i, "from", kindObject, func(from int) { v.mailbox(from) })
	if !v.field(i, "subject", kindString, v.notEmpty) && !v.subject && !v.template {
		v.at("subject", func() { v.fail("a subject is required: here, for the whole request, or from a template") })
	}
	v.field(i, "headers", kindObject, v.headers)
	v.field(i, "substitutions", kindObject, v.substitutions)
	v.field(i, "dynamic_template_data", kindObject, nil)
	v.field(i, "custom_args", kindObject, v.personalArgs)
	v.field(i, "send_at", kindNumber, func(at int) { e.sendAt = v.schedule(at) })
	v.request.messages = append(v.request.messages, e)
}

// addresses checks a to, cc or bcc array. An address may appear once in a request, whatever its case.
func (v *validator) addresses(list int, e *envelope) {
	v.elements(list, kindObject, func(i int) {
		v.recipients++
		address := v.mailbox(i)
		if address == "" {
			return
		}
		if name, ok := v.get(i, "name"); ok && strings.ContainsAny(v.str(name), ";,") {
			v.at("name", func() { v.fail("a recipient's name cannot contain ; or ,") })
		}
		if behaviourOf(address) == refused {
			v.at("email", func() { v.fail("%s is not a valid address", address) })
		}
		folded := strings.ToLower(address)
		if v.seen[folded] {
			v.at("email", func() { v.fail("%s appears more than once in this request", address) })
		}
		v.seen[folded] = true
		e.recipients = append(e.recipients, address)
	})
}

// mailbox checks an {email, name} object and returns its address, "" if that is missing or malformed.
func (v *validator) mailbox(i int) (address string) {
	found := v.field(i, "email", kindString, func(email int) {
		s := v.str(email)
		if !validAddress(s) {
			v.fail("%q is not a valid address", s)
			return
		}
		address = s
	})
	if !found {
		v.at("email", func() { v.fail("an email address is required") })
	}
	v.field(i, "name", kindString, nil)
	return address
}

func (v *validator) replyToList(root, i int) {
	if _, both := v.get(root, "reply_to"); both {
		v.fail("reply_to and reply_to_list exclude each other")
	}
	if n := v.len(i); n > maxRecipients {
		v.fail("%d addresses to reply to, the limit is %d", n, maxRecipients)
	}
	seen := map[string]bool{}
	v.elements(i, kindObject, func(entry int) {
		address := strings.ToLower(v.mailbox(entry))
		if address != "" && seen[address] {
			v.at("email", func() { v.fail("%s appears more than once", address) })
		}
		seen[address] = true
	})
}

func (v *validator) substitutions(i int) {
	if n := v.len(i); n > maxSubstitutions {
		v.fail("%d substitutions in one personalization, the limit is %d", n, maxSubstitutions)
	}
	if size := v.stringValues(i); size > maxSubstitutionBytes {
		v.fail("%d bytes of substitutions in one personalization, the limit is %d", size, maxSubstitutionBytes)
	}
}

// args checks a custom_args object and returns its size; sizes, if not nil, keeps the size of every member.
func (v *validator) args(i int, sizes map[string]int) int {
	if v.len(i) == 0 {
		v.fail("custom_args must not be empty: leave it out")
	}
	size := v.stringValues(i)
	if sizes != nil {
		v.members(i, func(key, value int) { sizes[v.str(key)] = v.strLen(key) + v.strLen(value) })
	}
	if size >= maxCustomArgs {
		v.fail("%d bytes of custom_args, the limit is %d", size, maxCustomArgs)
	}
	return size
}

// personalArgs counts a personalization's arguments together with those of the request that they do not override.
func (v *validator) personalArgs(i int) {
	own := v.args(i, nil)
	merged := own + v.customArgs
	if v.customArgs > 0 {
		v.members(i, func(key, _ int) { merged -= v.customArgSize[v.str(key)] })
	}
	if own < maxCustomArgs && merged >= maxCustomArgs {
		v.fail("%d bytes of custom_args with those of the request, the limit is %d", merged, maxCustomArgs)
	}
}
