import * as iptables from '@portolan/iptables'

export const forward = (policy: string) => ({ type: 'filter', hook: 'forward', prio: 0, policy })

export const saved = iptables.parse(
  '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m addrtype --dst-type BROADCAST -j DROP\nCOMMIT\n',
  'iptables-save',
  'ip',
)
