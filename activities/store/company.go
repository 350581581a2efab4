package store

import "strings"

// companyKey lets two spellings of a company be the same.
func companyKey(name string) string { return strings.Join(strings.Fields(strings.ToLower(name)), " ") }

// freeMail are domains where anybody can have an address, so that sharing one says nothing about a company.
var freeMail = []string{
	"aol.com", "bluewin.ch", "free.fr", "freenet.de", "gmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.net", "googlemail.com",
	"hey.com", "hotmail.co.uk", "hotmail.com", "hotmail.de", "hotmail.es", "hotmail.fr", "hotmail.it", "icloud.com", "laposte.net",
	"libero.it", "live.com", "live.fr", "mac.com", "mail.com", "mail.ru", "me.com", "msn.com", "naver.com", "orange.fr", "outlook.com",
	"outlook.de", "outlook.es", "outlook.fr", "pm.me", "proton.me", "protonmail.com", "qq.com", "sfr.fr", "t-online.de", "wanadoo.fr",
	"web.de", "yahoo.co.uk", "yahoo.com", "yahoo.de", "yahoo.es", "yahoo.fr", "yahoo.it", "yandex.com", "yandex.ru", "ymail.com", "zoho.com",
	"163.com", "126.com",
}
