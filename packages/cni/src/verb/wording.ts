import type { Wording } from 'portolan'

/** The words for messages: the keys of a network configuration, and other actions of its user. */
export const wording: Wording = {
  pool: '"pool": "{}" in the network configuration',
  allow: 'allowed: [{}] in /etc/portolan/config.yaml',
  bridge: 'with "bridge" in the network configuration',
  removeNetwork: 'give the network another "name"',
  remakeNetwork: 'Delete the containers that are on the network: the next one that is added makes it again.',
  force: 'use "conflicts": "warn" in the network configuration',
  absentAddress: null,
  elsewhere: 'name another folder with "stateDir" in the network configuration',
  backend: 'choose another "backend" in the network configuration',
  mac: 'ask for another MAC (the capability "mac", or MAC in CNI_ARGS)',
  metric: null,
  interface: 'have the runtime choose another CNI_IFNAME',
  namesInterface: null,
  detach: 'delete the container of {} first',
  apply: null,
  restore: 'add or delete a container of a network of Portolan',
  again: 'add the container again',
  sysctl: 'let the plugin write to /proc/sys',
  goOn: null,
  move: null,
  moveOther: null,
  subnets: null,
}
