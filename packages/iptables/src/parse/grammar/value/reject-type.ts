import type { Family } from '@portolan/netfilter'
import type { Reader } from '../grammar.ts'

/** The replies of REJECT, with the short names that iptables also accepts. */
const answers: Readonly<Record<Family, Readonly<Record<string, string>>>> = {
  ip: {
    'icmp-net-unreachable': 'net-unreach',
    'icmp-host-unreachable': 'host-unreach',
    'icmp-proto-unreachable': 'proto-unreach',
    'icmp-port-unreachable': 'port-unreach',
    'icmp-net-prohibited': 'net-prohib',
    'icmp-host-prohibited': 'host-prohib',
    'icmp-admin-prohibited': 'admin-prohib',
    'tcp-reset': 'tcp-rst',
  },
  ip6: {
    'icmp6-no-route': 'no-route',
    'icmp6-adm-prohibited': 'adm-prohibited',
    'icmp6-addr-unreachable': 'addr-unreach',
    'icmp6-port-unreachable': 'port-unreach',
    'icmp6-policy-fail': 'policy-fail',
    'icmp6-reject-route': 'reject-route',
    'tcp-reset': 'tcp-reset',
  },
}

/** Reads the value of `--reject-with`. libipt_REJECT accepts a beginning, and takes the first reply that starts so. */
export const rejectWith: Reader = (text, family) => {
  const given = text.toLowerCase()
  if (given === '') return null
  const found = Object.entries(answers[family]).find(
    ([name, short]) => name.startsWith(given) || short.startsWith(given),
  )
  return found?.[0] ?? null
}
