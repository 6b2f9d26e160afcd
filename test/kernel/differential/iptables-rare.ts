import fc from 'fast-check'
import type { Place } from './iptables-match.ts'
import { mark, one, port, prefix } from './vocabulary.ts'

type Rare = fc.Arbitrary<string>

/** Conditions that the description of a packet settles. */
const settled = (place: Place): Rare => {
  const { family, chain } = place
  const isInput = chain === 'PREROUTING' || chain === 'INPUT'
  return fc.oneof(
    one(
      '-m conntrack --ctstate NEW --ctdir ORIGINAL',
      '-m conntrack ! --ctstate INVALID,UNTRACKED --ctdir REPLY',
      '-m conntrack --ctstate DNAT --ctdir REPLY',
      '-m conntrack --ctrepldstport 20000:40000',
      '-m conntrack --ctorigsrcport 1:1023',
      '-m state --state NEW,UNTRACKED',
      '-m pkttype --pkt-type unicast',
      '-m pkttype ! --pkt-type multicast',
      '-m addrtype --src-type LOCAL --dst-type LOCAL',
      family === 'ip' ? '-f' : '-m frag --fragfirst',
      ...(family === 'ip' ? ['-m addrtype ! --dst-type BLACKHOLE,UNREACHABLE', '! -f'] : []),
      ...(chain === 'FORWARD'
        ? ['-m physdev --physdev-is-bridged', '-m physdev ! --physdev-is-bridged']
        : []),
      ...(isInput || chain === 'FORWARD' ? ['-m physdev --physdev-is-in'] : []),
      ...(chain === 'PREROUTING' && (place.table === 'raw' || place.table === 'mangle')
        ? [
            '-m rpfilter --invert',
            '-m rpfilter --loose --invert',
            '-m rpfilter --validmark',
            '-m rpfilter --accept-local',
          ]
        : []),
    ),
    fc.tuple(prefix(family), port).map(([to, at]) => `-m conntrack --ctorigdst ${to} --ctorigdstport ${at}`),
  )
}

/** Conditions that no description of a packet settles, so both outcomes are possible. */
const unsettled = ({ family, chain, table }: Place): Rare => {
  const isInput = chain === 'PREROUTING' || chain === 'INPUT'
  const isOutput = chain === 'OUTPUT' || chain === 'POSTROUTING'
  return one(
    ...(isOutput ? [] : ['-m policy --dir in --pol none', '-m policy --dir in --pol ipsec']),
    ...(isOutput || chain === 'FORWARD' ? ['-m policy --dir out --pol none'] : []),
    ...(isInput || chain === 'FORWARD'
      ? ['-m mac --mac-source 02:00:00:00:00:77', '-m devgroup ! --src-group 7', '-m devgroup --src-group 7']
      : []),
    ...(isOutput ? ['-m owner --uid-owner 0', '-m owner ! --gid-owner 5'] : []),
    ...(isInput && table !== 'nat' ? ['-m socket', '-m socket --transparent'] : []),
    '-m length --length 0:60',
    '-m dscp ! --dscp 0x2e',
    '-m tos --tos 0x10/0x3f',
    '-m connlimit --connlimit-above 5000',
    '-m connbytes --connbytes 100000 --connbytes-dir both --connbytes-mode bytes',
    `-m hashlimit --hashlimit-above 100000/sec --hashlimit-mode srcip --hashlimit-name ${family}${chain}`,
    '-m recent --name bad --rcheck --seconds 60',
    '-m recent --name seen --set',
    '-m time --timestart 03:00 --timestop 03:01',
    '-m u32 --u32 0x0=0x0',
    '-m string --string nowhere --algo bm',
    '-m cpu --cpu 0',
    '-m helper --helper ftp',
    '-m connlabel --label 1',
    '-m quota --quota 100000000',
    '-m statistic --mode nth --every 2 --packet 0',
    family === 'ip' ? '-m ttl --ttl-lt 60' : '-m hl --hl-lt 60',
  )
}

/** Conditions that real firewalls have and that are seldom. In table raw they never differ from packet to packet. */
export const rareMatches = (place: Place): Rare =>
  place.table === 'raw'
    ? settled(place)
    : fc.oneof({ weight: 3, arbitrary: settled(place) }, { weight: 2, arbitrary: unsettled(place) })

const spans = {
  ip: { own: '192.0.2.2-192.0.2.3', containers: '172.30.1.10-172.30.1.11', container: '172.30.1.10' },
  ip6: {
    own: '2001:db8:1::2-2001:db8:1::3',
    containers: 'fd00:30:1::10-fd00:30:1::11',
    container: '[fd00:30:1::10]',
  },
} as const

/**
 * Translations with ranges and random ports.
 *
 * @param transport - true: the rule matches on a protocol with ports
 */
export const rareTranslation = ({ family, chain }: Place, transport: boolean): Rare => {
  const { own, containers, container } = spans[family]
  const ranged = family === 'ip6' ? `[${own}]` : own
  if (chain === 'PREROUTING' || chain === 'OUTPUT')
    return one(
      `-j DNAT --to-destination ${containers} --persistent`,
      `-j DNAT --to-destination ${containers} --random`,
      ...(transport
        ? [
            `-j DNAT --to-destination ${container}:8080-8081 --random`,
            '-j REDIRECT --to-ports 8080-8081 --random',
            '-j DNAT --to-destination :8080',
          ]
        : []),
    )
  const snat = [
    `-j SNAT --to-source ${own} --persistent`,
    `-j SNAT --to-source ${own} --random-fully`,
    ...(transport ? [`-j SNAT --to-source ${ranged}:5000-5999 --random-fully`] : []),
  ]
  if (chain === 'INPUT') return one(...snat)
  return one(
    ...snat,
    '-j MASQUERADE --random',
    ...(transport ? ['-j MASQUERADE --to-ports 6000-6999 --random-fully'] : []),
  )
}

/** Targets of the mangle table that change a mark, or that decide nothing. */
export const rareMangling = ({ family, chain }: Place): Rare =>
  fc.oneof(
    one(
      '-j CONNMARK --save-mark --left-shift-mark 1 --nfmask 0xff --ctmask 0xff',
      '-j CONNMARK --restore-mark --nfmask 0x3 --ctmask 0x3',
      `-j HMARK --hmark-tuple src,dst --hmark-mod 4 --hmark-offset 1 --hmark-rnd 5`,
      family === 'ip' ? '-j TTL --ttl-set 64' : '-j HL --hl-set 64',
      '-j DSCP --set-dscp 0x2e',
      '-j LOG',
      '-j NFLOG',
      ...(chain === 'POSTROUTING' || chain === 'FORWARD' ? ['-j CLASSIFY --set-class 1:2'] : []),
    ),
    fc.tuple(mark, mark).map(([value, mask]) => `-j CONNMARK --set-xmark ${value}/${mask}`),
    fc.tuple(mark, mark).map(([value, mask]) => `-j MARK --set-mark ${value}/${mask}`),
  )

/** Targets of the raw table. */
export const rareTracking: Rare = one('-j CT --zone-orig 7', '-j CT --zone-reply 7', '-j CT --zone mark')
