import type { Wording } from '@portolan/core'

/** The options of `docker network create`, and what else its user can write or run. */
export const wording: Wording = {
  pool: '--ipam-opt pool={}',
  allow: 'allowed: [{}] in /etc/portolan/config.yaml, which the plugin reads when it starts,',
  bridge: 'with -o com.docker.network.bridge.name',
  removeNetwork: 'remove the network first (docker network rm)',
  force: 'start "portolan docker-plugin" with --force',
}
