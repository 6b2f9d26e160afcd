import type { Wording } from '@portolan/netfilter'

/**
 * The words of the Docker plugin for messages: the options and commands that a user of `docker network create` and
 * `docker run` has. The administrator of the host starts the plugin itself as `portolan docker-plugin`.
 */
export const wording: Wording = {
  pool: '--ipam-opt pool={}',
  allow: 'allowed: [{}] in /etc/portolan/config.yaml, which the plugin reads when it starts,',
  bridge: 'with -o com.docker.network.bridge.name',
  removeNetwork: 'remove the network first (docker network rm)',
  remakeNetwork:
    'Disconnect the containers of the network, remove it (docker network rm), and create it again (docker network create).',
  force: 'start "portolan docker-plugin" with --force',
  absentAddress: 'start "portolan docker-plugin" with --force to publish it all the same',
  elsewhere: 'start "portolan docker-plugin" with another --state',
  backend: 'start "portolan docker-plugin" with another --backend',
  mac: 'give the container another --mac-address',
  metric: null,
  interface: null,
  namesInterface: null,
  detach: 'disconnect the container of {} first (docker network disconnect)',
  apply: null,
  restore: 'start or stop a container on a network of Portolan',
  again: 'start the container again',
  sysctl: 'let the plugin write to /proc/sys',
  goOn: null,
  move: null,
  moveOther: null,
  subnets: null,
}
