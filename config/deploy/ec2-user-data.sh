#!/bin/bash
# User data for an EC2 instance with Debian 12 or Ubuntu 24.04 (launch it with a role that needs nothing, metadata version 2
# required, and a security group that lets in TCP 443 and UDP and TCP 40000-40007). Set the three values.
set -euxo pipefail
NAME=parley.example.org
REPOSITORY=https://github.com/OWNER/parley.git
REVISION=main

export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y ca-certificates curl git caddy chrony
curl -fsSL https://deb.nodesource.com/setup_22.x | bash -
apt-get install -y nodejs

useradd --system --home-dir /opt/parley --shell /usr/sbin/nologin parley
git clone "$REPOSITORY" /opt/parley
cd /opt/parley
git checkout "$REVISION"
npm ci
PARLEY_CACHE=/var/lib/parley npm run build
install -d -o parley -g parley /var/lib/parley
chown -R parley: /opt/parley /var/lib/parley

install -d /etc/parley
npm run --silent token -- new-key >/etc/parley/keys
chown parley: /etc/parley/keys
chmod 0400 /etc/parley/keys
cat >/etc/parley/parley.yaml <<'YAML'
server: { host: 127.0.0.1, drainCallsMs: 100000 }
access: { keysFile: /etc/parley/keys, trustedProxies: [127.0.0.1, '::1'] }
media: { listenAddress: 0.0.0.0, workers: 2 }
ec2: { announcePublicAddress: true, watchSpotNotice: true }
YAML

sed "s/parley.example.org/$NAME/" config/deploy/Caddyfile >/etc/caddy/Caddyfile
systemctl reload-or-restart caddy
cp config/deploy/parley.service /etc/systemd/system/
systemctl daemon-reload
systemctl enable --now parley
