import type { Family } from '@portolan/netfilter'

/** A line that iptables-restore refuses, and the place and message of `parse`'s error. */
export interface RefusedRule {
  readonly line: string
  /** The faulty part. The error's column is where it begins. */
  readonly at: string
  readonly fault: string
  readonly table: string
  readonly family: Family
}

type Row = readonly [line: string, at: string, fault: string]

const rows = (table: string, family: Family, ...given: readonly Row[]): readonly RefusedRule[] =>
  given.map(([line, at, fault]) => ({ line, at, fault, table, family }))

const tcp = '-A FORWARD -p tcp -m tcp'
const ports = '-A FORWARD -p tcp -m multiport --dports'
const dnat = '-A PREROUTING -p tcp -j DNAT --to-destination'
const sixteen = '1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16'

export const refusedRules: readonly RefusedRule[] = [
  ...rows(
    'filter',
    'ip',
    [`${tcp} --dport 99999 -j DROP`, '99999', 'port 99999 is above 65535, the last one'],
    [`${tcp} --dport=65536 -j DROP`, '--dport=', 'port 65536 is above 65535, the last one'],
    [`-A FORWARD -p tcp --dport 10:65536`, '10:65536', 'port 65536 is above 65535, the last one'],
    [`${tcp} --sport 90:10 -j DROP`, '90:10', 'the range 90:10 descends: write 10:90'],
    [`${tcp} --sport https:http -j DROP`, 'https:http', 'the range https:http descends: write http:https'],
    [`${tcp} --dport 80-90 -j DROP`, '80-90', '"80-90" is not a port: a range is written 80:90'],
    [`${tcp} --dport 1:2:3 -j DROP`, '1:2:3', '"1:2:3" is neither a port nor a range of ports'],
    [`${tcp} --dport -1 -j DROP`, '-1', '"-1" is not a port'],
    ['-A FORWARD -p udp -m udp --dport 90:10', '90:10', 'the range 90:10 descends: write 10:90'],
    ['-A FORWARD -p sctp -m sctp --dport 99999', '99999', 'port 99999 is above 65535, the last one'],
    [`${ports} 80,99999 -j DROP`, '80,99999', 'port 99999 is above 65535, the last one'],
    [`${ports} 90:10 -j DROP`, '90:10', 'the range 90:10 descends: write 10:90'],
    [`${ports} 80:80 -j DROP`, '80:80', 'the range 80:80 is one port: write 80'],
    [`${ports} 80, -j DROP`, '80,', '"" is not a port'],
    [
      `${ports} ${sixteen} -j DROP`,
      sixteen,
      'the list has 16 ports, and a list has at most 15 (a range counts as two): make two rules',
    ],
    ['-A FORWARD -m conntrack --ctorigdstport 90:10', '90:10', 'the range 90:10 descends: write 10:90'],
    [
      '-A FORWARD -m conntrack --ctorigsrc fd00::/8',
      'fd00::/8',
      'fd00:: is an IPv6 address, and this text is read as rules of IPv4 (iptables): give it as the text of ip6tables-save',
    ],
    ['-A FORWARD -p 300 -j DROP', '300', 'protocol 300 is above 255, the last one'],
    [
      '-A FORWARD -s 10.0.0.0/33 -j DROP',
      '10.0.0.0/33',
      '"/33" is not the length of a prefix: expected a number from 0 to 32, or a mask',
    ],
    [
      '-A FORWARD -d 10.0.0.0/ -j DROP',
      '10.0.0.0/',
      '"/" is not the length of a prefix: expected a number from 0 to 32, or a mask',
    ],
    ['-A FORWARD -s 10.0.0.300 -j DROP', '10.0.0.300', '"10.0.0.300" is not an address of IPv4'],
    [
      '-A FORWARD -s 192.0.2.1,fd00::/8 -j DROP',
      '192.0.2.1',
      'fd00:: is an IPv6 address, and this text is read as rules of IPv4 (iptables): give it as the text of ip6tables-save',
    ],
    [
      '-A FORWARD ! -s 10.0.0.1,10.0.0.2 -j DROP',
      '10.0.0.1',
      '"!" stands before a list of addresses, and a negated match has one address: make a rule for each',
    ],
    [
      '-A FORWARD -i thisinterfaceistoolong0 -j DROP',
      'this',
      '"thisinterfaceistoolong0" is not the name of an interface: a name has at most 15 bytes',
    ],
    [
      '-A FORWRD -j DROP',
      'FORWRD',
      'no line before this one declares the chain FORWRD: did you mean "FORWARD"?',
    ],
    [
      '-I FORWRD 1 -j DROP',
      'FORWRD',
      'no line before this one declares the chain FORWRD: did you mean "FORWARD"?',
    ],
    [
      '-P FORWRD DROP',
      'FORWRD',
      'no line before this one declares the chain FORWRD: did you mean "FORWARD"?',
    ],
    [
      '-A MINE -j DROP',
      'MINE',
      'no line before this one declares the chain MINE: write ":MINE - [0:0]" above the rules of its table',
    ],
    [
      '-A FORWARD -g MINE',
      'MINE',
      'no line before this one declares the chain MINE: write ":MINE - [0:0]" above the rules of its table',
    ],
    [
      '-A FORWARD -j MASQUERADE',
      'MASQUERADE',
      'the kernel takes MASQUERADE in table nat only, and this is table filter',
    ],
    [
      '-A FORWARD -p tcp -j DNAT --to-destination 10.0.0.1:80',
      'DNAT',
      'the kernel takes DNAT in table nat only, and this is table filter',
    ],
    ['-A FORWARD -j CT --notrack', 'CT', 'the kernel takes CT in table raw only, and this is table filter'],
    [
      '-A FORWARD -j TTL --ttl-set 1',
      'TTL',
      'the kernel takes TTL in table mangle only, and this is table filter',
    ],
    [
      '-A FORWARD -j DSCP --set-dscp 1',
      'DSCP',
      'the kernel takes DSCP in table mangle only, and this is table filter',
    ],
  ),
  ...rows(
    'filter',
    'ip6',
    [
      '-A FORWARD -s 10.0.0.0/8 -j DROP',
      '10.0.0.0/8',
      '10.0.0.0 is an IPv4 address, and this text is read as rules of IPv6 (ip6tables): give it as the text of iptables-save',
    ],
    [
      '-A FORWARD -s fd00::/129 -j DROP',
      'fd00::/129',
      '"/129" is not the length of a prefix: expected a number from 0 to 128, or a mask',
    ],
    ['-A FORWARD -f -j DROP', '-f', '"-f" is of IPv4 only: ip6tables takes "-m frag"'],
  ),
  ...rows(
    'nat',
    'ip',
    [`${dnat} 10.0.0.1:99999`, '10.0.0.1', 'port 99999 is above 65535, the last one'],
    [`${dnat} 10.0.0.1:90-10`, '10.0.0.1', 'the range 90-10 descends: write 10-90'],
    [`${dnat} 10.0.0.300:80`, '10.0.0.300', '"10.0.0.300" is not an address of IPv4'],
    [
      `${dnat} fd00::1`,
      'fd00::1',
      'fd00::1 is an IPv6 address, and this text is read as rules of IPv4 (iptables): give it as the text of ip6tables-save',
    ],
    [
      '-A PREROUTING -p tcp -j REDIRECT --to-ports 80:90',
      '80:90',
      '"80:90" is not a port: a range is written 80-90',
    ],
    [
      '-A POSTROUTING -p tcp -j MASQUERADE --to-ports 90-10',
      '90-10',
      'the range 90-10 descends: write 10-90',
    ],
    [
      '-A PREROUTING -j MASQUERADE',
      'MASQUERADE',
      'the kernel takes MASQUERADE in POSTROUTING only, and this is chain PREROUTING',
    ],
    [
      '-A POSTROUTING -p tcp -j DNAT --to-destination 10.0.0.1:80',
      'DNAT',
      'the kernel takes DNAT in PREROUTING and OUTPUT only, and this is chain POSTROUTING',
    ],
    [
      '-A PREROUTING -j REJECT',
      'REJECT',
      'the kernel takes REJECT in table filter only, and this is table nat',
    ],
    [
      '-A FORWARD -j ACCEPT',
      'FORWARD',
      'no line before this one declares the chain FORWARD: write ":FORWARD - [0:0]" above the rules of its table',
    ],
  ),
  ...rows(
    'nat',
    'ip6',
    [
      `${dnat} 10.0.0.1`,
      '10.0.0.1',
      '10.0.0.1 is an IPv4 address, and this text is read as rules of IPv6 (ip6tables): give it as the text of iptables-save',
    ],
    [`${dnat} [fd00::1]:99999`, '[fd00', 'port 99999 is above 65535, the last one'],
  ),
]

/** The text of a table with one such line. */
export const refusedText = ({ table, line }: RefusedRule): string => `*${table}\n${line}\nCOMMIT\n`
