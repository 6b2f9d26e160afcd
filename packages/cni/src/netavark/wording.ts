import type { Wording } from 'portolan'

/**
 * The words for messages: the options of `podman network create` and `podman run`, and other commands of their user.
 */
export const wording: Wording = {
  pool: '--opt pool={}',
  allow: 'allowed: [{}] in /etc/portolan/config.yaml',
  bridge: 'with --interface-name',
  // A network is removed with its last container.
  removeNetwork: 'stop its containers first',
  remakeNetwork:
    'Remove the containers of the network, then the network (podman network rm), and create it again (podman network create).',
  force: 'create the network with --opt conflicts=warn',
  absentAddress: null,
  elsewhere: null,
  backend: 'create the network with another --opt backend',
  mac: 'give the container another --mac-address',
  metric: 'create the network with another --opt metric',
  interface: 'choose another name with --network NAME:interface_name=...',
  namesInterface: null,
  detach: 'stop the container of {} first',
  apply: null,
  restore: 'start or stop a container on a network of Portolan',
  again: 'start the container again',
  sysctl: 'let the plugin write to /proc/sys',
  goOn: null,
  move: null,
  moveOther: null,
  subnets: null,
}
