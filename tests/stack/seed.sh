#!/usr/bin/env bash
# Clinic, doctor, patient and service, and Zoom's settings; the ids and logins go to seed.json.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$RUN/site.env"

step "seeding clinic, doctor, patient and service"
SEED_PASSWORD=$(openssl rand -hex 8)
export SEED_PASSWORD WORDPRESS_PATH
site_php "$ROOT/tests/kivicare/seed.php" >"$STACK_DIR/seed.json.new" || fail "the seed failed"
jq -e --arg password "$SEED_PASSWORD" '. + {password: $password}' "$STACK_DIR/seed.json.new" >"$STACK_DIR/seed.json" ||
	fail "the seed printed no JSON"
rm "$STACK_DIR/seed.json.new"
