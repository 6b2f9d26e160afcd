import type { Wording } from 'portolan'
import type { WrittenConfig } from '../config/config-schema.ts'

/** The keys of a network configuration, and what else its user can write or run. */
export const wordingOf = ({ project = 'cni' }: WrittenConfig): Wording => ({
  pool: '"pool": "{}" in the network configuration',
  allow: 'allowed: [{}] in /etc/portolan/config.yaml',
  bridge: 'with "bridge" in the network configuration',
  removeNetwork: `give the network another "name", or delete its containers and run "portolan destroy -p ${project}", which removes every network of the project`,
  force: 'use "conflicts": "warn" in the network configuration',
})
