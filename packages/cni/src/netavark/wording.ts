import { podmanProject } from '@portolan/core'
import type { Wording } from 'portolan'

/** The options of `podman network create`, and what else its user can write or run. */
export const wording: Wording = {
  pool: '--opt pool={}',
  allow: 'allowed: [{}] in /etc/portolan/config.yaml',
  bridge: 'with --interface-name',
  removeNetwork: `stop its containers first ("podman network rm", or "portolan destroy -p ${podmanProject}" for all of them)`,
  force: 'create the network with --opt conflicts=warn',
}
