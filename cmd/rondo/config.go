package main

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// faults collects what is wrong with a configuration, so that one start tells everything. It never quotes a value that may
// be secret.
type faults struct{ list []string }

func (f *faults) add(flag, format string, args ...any) {
	env := "RONDO_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
	f.list = append(f.list, fmt.Sprintf("  %s (--%s) %s", env, flag, fmt.Sprintf(format, args...)))
}

func (f *faults) err() error {
	if len(f.list) == 0 {
		return nil
	}
	return errors.New("the configuration is not usable:\n" + strings.Join(f.list, "\n"))
}

func (f *faults) needed(flag, value string) bool {
	if value == "" {
		f.add(flag, "is missing")
	}
	return value != ""
}

func (f *faults) web(flag, value string) string {
	if !f.needed(flag, value) {
		return ""
	}
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.User != nil {
		f.add(flag, "is not a URL like https://rondo.example.org")
	}
	return strings.TrimRight(value, "/")
}

func (f *faults) address(flag, value string) {
	if !f.needed(flag, value) {
		return
	}
	_, port, err := net.SplitHostPort(value)
	if n, portErr := strconv.Atoi(port); err != nil || portErr != nil || n < 0 || n > 65535 {
		f.add(flag, "is not an address like 127.0.0.1:8080: %q", value)
	}
}

func (f *faults) duration(flag, value string, least time.Duration) time.Duration {
	d, err := time.ParseDuration(value)
	if err != nil || d < least {
		f.add(flag, "is not a duration of at least %s, like 6h: %q", least, value)
	}
	return d
}

func (f *faults) positive(flag, value string) float64 {
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || n <= 0 || n > 1e6 {
		f.add(flag, "is not a number above 0 and up to 1000000: %q", value)
		return 1
	}
	return n
}

func (f *faults) flag(flag, value string) bool {
	on, err := strconv.ParseBool(value)
	if err != nil {
		f.add(flag, "is neither true nor false: %q", value)
	}
	return on
}

func (f *faults) secret(flag, value string) []byte {
	if !f.needed(flag, value) {
		return nil
	}
	b, err := hex.DecodeString(value)
	if err != nil || len(b) < 32 {
		f.add(flag, "has to be at least 32 bytes in hexadecimal, for instance from: openssl rand -hex 32")
	}
	return b
}

func (f *faults) publicKey(flag, value string) *ecdsa.PublicKey {
	if value == "" {
		return nil
	}
	der, err := base64.StdEncoding.DecodeString(value)
	if err == nil {
		var key any
		if key, err = x509.ParsePKIXPublicKey(der); err == nil {
			if k, ok := key.(*ecdsa.PublicKey); ok {
				return k
			}
		}
	}
	f.add(flag, "is not an ECDSA public key in base64, as SendGrid shows it")
	return nil
}

func (f *faults) sender(flag, value string) {
	if !f.needed(flag, value) {
		return
	}
	if _, err := mail.ParseAddress(value); err != nil {
		f.add(flag, "is not an e-mail address, like coffee@example.org or Coffee <coffee@example.org>: %q", value)
	}
}

// domain may be empty.
func (f *faults) domain(flag, value string) string {
	if _, err := mail.ParseAddress("a@" + value); value != "" && (err != nil || !strings.Contains(value, ".")) {
		f.add(flag, "is not a domain like in.example.org: %q", value)
	}
	return strings.ToLower(value)
}

func (f *faults) networks(flag string, values []string) {
	for _, v := range values {
		_, prefixErr := netip.ParsePrefix(v)
		if _, err := netip.ParseAddr(v); err != nil && prefixErr != nil {
			f.add(flag, "is not a list of addresses or networks: %q", v)
		}
	}
}

// logFlags are common to all commands.
type logFlags struct {
	Level string `name:"log-level" env:"RONDO_LOG_LEVEL" default:"info" help:"debug, info, warn or error. Logs are JSON lines on standard error."`
}

func (l *logFlags) logger(f *faults) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		f.add("log-level", "is none of debug, info, warn, error: %q", l.Level)
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	slog.SetDefault(log)
	return log
}
