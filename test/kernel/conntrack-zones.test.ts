import { afterAll, beforeAll, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import type { Flow } from './differential/flow.ts'
import { openScene, type Scene } from './differential/scene.ts'
import { compareTrial, startTally } from './differential/trial.ts'

const flows = (['tcp', 'udp'] as const).flatMap((protocol): readonly Flow[] => [
  { family: 'ip', protocol, from: 'client', to: '192.0.2.2', port: 80 },
  { family: 'ip', protocol, from: 'client', to: '192.0.2.2', port: 8080 },
  { family: 'ip', protocol, from: 'client', to: '172.30.1.10', port: 80 },
  { family: 'ip', protocol, from: 'a1', to: '192.0.2.9', port: 80 },
  { family: 'ip', protocol, from: 'host', to: '192.0.2.9', port: 80 },
  { family: 'ip', protocol, from: 'host', to: '192.0.2.2', port: 80 },
])

const published =
  '-A PREROUTING -i eth0 -p PROTOCOL -m PROTOCOL --dport 8080 -j DNAT --to-destination 172.30.1.10:80'

/** Rules of one direction or both, for all packets, those of one interface, or those that open a connection. */
const places = [
  { hooks: ['PREROUTING'], nft: '', iptables: '' },
  { hooks: ['PREROUTING'], nft: 'iifname "eth0"', iptables: '-i eth0' },
  { hooks: ['OUTPUT'], nft: '', iptables: '' },
  { hooks: ['PREROUTING', 'OUTPUT'], nft: '', iptables: '' },
  {
    hooks: ['PREROUTING'],
    nft: 'tcp flags & (syn|ack) == syn',
    iptables: '-p tcp -m tcp --tcp-flags SYN,ACK SYN',
  },
  {
    hooks: ['PREROUTING'],
    nft: 'tcp flags syn iifname "eth0"',
    iptables: '-i eth0 -p tcp -m tcp --tcp-flags SYN SYN',
  },
] as const

const zones = [
  { nft: 'ct zone set 7', iptables: '--zone 7' },
  { nft: 'ct original zone set 7', iptables: '--zone-orig 7' },
  { nft: 'ct reply zone set 7', iptables: '--zone-reply 7' },
] as const

const nat = [
  '*nat',
  ...['tcp', 'udp'].map((one) => published.replaceAll('PROTOCOL', one)),
  'COMMIT',
  '',
].join('\n')

describeOnKernel('zones of connection tracking', 'iptables-legacy', () => {
  let scene: Scene
  beforeAll(async () => {
    scene = await openScene()
  })
  afterAll(() => scene[Symbol.asyncDispose]())

  const compare = (nft: string | null, iptables: string): Promise<void> =>
    compareTrial(
      scene,
      {
        bridgeNf: 0,
        rules: {
          nft,
          'iptables-nft': `${iptables}${nat}`,
          'ip6tables-nft': null,
          'iptables-legacy': null,
          'ip6tables-legacy': null,
        },
        flows,
      },
      startTally(),
    )

  test.each(zones)(
    'the evaluator and the kernel agree on every flow with $nft',
    async ({ nft }) => {
      for (const { hooks, nft: match } of places) {
        const chains = hooks.map(
          (hook) => `chain ${hook} { type filter hook ${hook.toLowerCase()} priority raw; ${match} ${nft}; }`,
        )
        await compare(`table ip zones {\n${chains.join('\n')}\n}`, '')
      }
    },
    60_000,
  )

  test.each(zones)(
    'the evaluator and the kernel agree on every flow with CT $iptables',
    async ({ iptables }) => {
      for (const { hooks, iptables: match } of places)
        await compare(
          null,
          ['*raw', ...hooks.map((hook) => `-A ${hook} ${match} -j CT ${iptables}`), 'COMMIT', ''].join('\n'),
        )
    },
    60_000,
  )
})
