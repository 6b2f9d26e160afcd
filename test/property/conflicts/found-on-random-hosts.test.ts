import { expect, test } from '@jest/globals'
import { hostFacts, look, webIntent } from './look.ts'
import { comingIn, dnat, drop, goingOut, type NftTable, tcpTo } from './nft-rules.ts'

/** Cases that `test/kernel/random-hosts` found. Live traffic would show them only by luck. */

test('a rule behind a translation that leads some to the right place by lot does not stop all', async () => {
  const toEither = {
    dnat: { family: 'ip', addr: { range: ['172.30.1.10', '172.30.1.11'] }, port: 80 },
  }
  const lots: NftTable = {
    family: 'ip',
    name: 'lots',
    chains: [
      {
        name: 'prerouting',
        base: { type: 'nat', hook: 'prerouting', prio: -150 },
        rules: [
          [tcpTo(8080), toEither],
          [tcpTo(8080), dnat('198.51.100.9', 443)],
        ],
      },
      // No outside client gets an answer, so both rules are errors, each on its own.
      {
        name: 'forward',
        base: { type: 'filter', hook: 'forward', prio: 0 },
        rules: [[comingIn('eth1'), goingOut('pt-web'), drop]],
      },
    ],
  }
  const port = '{target: 80, published: 8080, x-portolan: {interface: eth1}}'
  const { conflicts } = await look({ nft: [lots], intent: webIntent.replace('"8080:80"', port) })
  const shadows = conflicts.filter(({ mapping, kind }) => mapping !== null && kind === 'DnatShadowed')
  expect(shadows.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^Some packets from eth1, .* Rule 1 of chain prerouting/),
    expect.stringMatching(/^Some packets from eth1, .* Rule 2 of chain prerouting/),
  ])
})

test('of clients that a range of addresses tells apart, the witness is one that is led astray', async () => {
  const astray: NftTable = {
    family: 'ip',
    name: 'range',
    chains: [
      {
        name: 'prerouting',
        base: { type: 'nat', hook: 'prerouting', prio: -150 },
        rules: [
          [tcpTo(8080), { dnat: { family: 'ip', addr: { range: ['172.30.1.9', '172.30.1.10'] }, port: 80 } }],
        ],
      },
    ],
  }
  const { conflicts } = await look({ nft: [astray] })
  const [shadow] = conflicts.filter(({ mapping, kind }) => mapping !== null && kind === 'DnatShadowed')
  expect(shadow?.certainty).toBe('certain')
  // The kernel translates flows of 198.51.100.7 to the right container, so this address cannot be the witness.
  expect(shadow?.witness?.source).not.toBe('198.51.100.7')
  expect(shadow?.trace.map(({ verdict }) => verdict)).toContain('dnat to 172.30.1.9:80')
})

test('where the kernel leads the only client to the right one of a range, the failure is possible only', async () => {
  const toEither = '-A OUTPUT -d 172.30.1.10/32 -p tcp -j DNAT --to-destination 172.30.1.10-172.30.1.11'
  const { told } = await look({ saved: `*nat\n:OUTPUT ACCEPT [0:0]\n${toEither}\nCOMMIT\n` })
  expect(told.filter((one) => one.includes('nat OUTPUT 1'))).toEqual([
    expect.stringMatching(/^warning possible NetworkDropped network (shop_)?web /),
  ])
})

test('a rule that stops what goes out of a network and what comes in is told of twice', async () => {
  const untracked: NftTable = {
    family: 'ip',
    name: 'untracked',
    chains: [
      {
        name: 'prerouting',
        base: { type: 'filter', hook: 'prerouting', prio: -300 },
        rules: [[comingIn('pt-web'), { notrack: null }]],
      },
      {
        name: 'postrouting',
        base: { type: 'nat', hook: 'postrouting', prio: 110 },
        rules: [[goingOut('pt-web'), tcpTo(80), { masquerade: { port: { range: [6000, 6999] } } }]],
      },
    ],
  }
  const { conflicts } = await look({ nft: [untracked] })
  const messages = conflicts.flatMap(({ kind, network, message }) =>
    kind === 'Notrack' && network !== null ? [message] : [],
  )
  expect(messages).toEqual([
    expect.stringMatching(/^Network \S+ cannot reach the outside/),
    expect.stringMatching(/^Some packets from this host do not reach containers of network/),
  ])
})

test('a packet let through by lot, or perhaps by an unknown match, is dropped perhaps', async () => {
  const rules = (last: string): string => `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD ! -i pt-web -j ACCEPT
-A FORWARD -m statistic --mode random --probability 0.50000000000 -j ACCEPT
${last}COMMIT
`
  const bridged = { 'net.bridge.bridge-nf-call-iptables': '1' }
  const facts = { ...hostFacts, sysctls: { ...hostFacts.sysctls, ...bridged } }
  const byPolicy = async (last: string): Promise<readonly string[]> => {
    const { conflicts } = await look({ facts, saved: rules(last) })
    return conflicts
      .filter(({ culprit }) => culprit?.position === 'policy')
      .map(({ certainty, kind }) => `${certainty} ${kind}`)
  }
  // The random match fails for every client sooner or later, so the conflict is certain.
  expect(await byPolicy('')).toContain('certain EgressDropped')
  // A container's bridge port is not known before it exists, so the match may never apply.
  const perhaps = await byPolicy('-A FORWARD -m physdev ! --physdev-in veth9 -j ACCEPT\n')
  expect(perhaps).toContain('possible EgressDropped')
  expect(perhaps.filter((told) => !told.startsWith('possible'))).toEqual([])
})

test('what is computed from the address asked for is looked at for each address of the host', async () => {
  const interfaces = hostFacts.interfaces?.map((link) =>
    link.name === 'eth0' ? { ...link, addresses: ['192.0.2.2/24', '192.0.2.3/24'] } : link,
  )
  // NETMAP leads the host's even addresses to the container anyway.
  const saved = `*nat
:OUTPUT ACCEPT [0:0]
-A OUTPUT -d 192.0.2.0/24 -j NETMAP --to 172.30.1.10/31
COMMIT
`
  const { told } = await look({
    saved,
    facts: { ...hostFacts, ...(interfaces === undefined ? {} : { interfaces }) },
    backend: 'iptables-legacy',
    intent: webIntent.replace('8080:80', '8080:8080'),
  })
  expect(told).toContain('warning possible OrderUndetermined 0.0.0.0:8080/tcp by iptables-nft nat OUTPUT 1')
})

test('a subnet that nftables maps onto itself may let in what conntrack then counts as translated', async () => {
  const subnet = { prefix: { addr: '172.30.1.0', len: 24 } }
  const proxy: NftTable = {
    family: 'ip',
    name: 'proxy',
    chains: [
      {
        name: 'prerouting',
        base: { type: 'nat', hook: 'prerouting', prio: -150 },
        rules: [[{ dnat: { family: 'ip', addr: subnet, flags: 'netmap', type_flags: 'prefix' } }]],
      },
    ],
  }
  const { told } = await look({ nft: [proxy] })
  expect(told).toContainEqual(
    expect.stringMatching(/possible Bypassed network (shop_)?web by nft proxy prerouting 1/),
  )
})

test.each([
  ['a translation', 'nat', '-A OUTPUT -p tcp -m tcp --dport 443 -j DNAT --to-destination 172.30.1.10:443'],
  [
    'a redirection of the port',
    'nat',
    '-A OUTPUT -p tcp -m tcp --dport 80:443 -j DNAT --to-destination :443',
  ],
])('%s that leaves some packets as they are leads the others astray', async (_, table, rule) => {
  const saved = [`*${table}`, ':OUTPUT ACCEPT [0:0]', rule, 'COMMIT', ''].join('\n')
  const { conflicts, fate } = await look({ saved, intent: webIntent.replace('8080:80', '8080:80/udp') })
  const astray = conflicts.filter(({ kind, network }) => kind === 'NetworkDropped' && network === 'web')
  expect(astray.map(({ culprit }) => culprit?.text)).toEqual([rule])
  for (const one of astray) {
    expect(one.message).toMatch(/^Some packets from this host do not reach containers of network web/)
    expect(fate(one)).toBe('fails')
  }
})

test('a source that another program writes into packets is that of some containers, and not of the others', async () => {
  const written: NftTable = {
    family: 'ip',
    name: 'written',
    chains: [
      {
        name: 'prerouting',
        base: { type: 'filter', hook: 'prerouting', prio: -310 },
        rules: [
          [
            comingIn('pt-web'),
            { mangle: { key: { payload: { protocol: 'ip', field: 'saddr' } }, value: '172.30.1.10' } },
          ],
        ],
      },
    ],
  }
  const { conflicts } = await look({ nft: [written] })
  const ofNetwork = conflicts.filter(({ network, kind }) => network === 'web' && kind !== 'Bypassed')
  expect(ofNetwork.map(({ culprit }) => culprit?.chain)).toContain('prerouting')
})
