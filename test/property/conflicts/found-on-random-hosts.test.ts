import { expect, test } from '@jest/globals'
import { look, webIntent } from './look.ts'
import { comingIn, dnat, drop, goingOut, type NftTable, tcpTo } from './nft-rules.ts'

/** What `test/kernel/random-hosts` found, where live traffic would be a matter of luck. */

test('who is behind a translation that leads some to the right place by lot does not stop all', async () => {
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
      // Nobody from outside is served, so that both rules are errors, told apart.
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
    expect.stringMatching(/^Packets of some of other machines .* rule 1 of chain prerouting/),
    expect.stringMatching(/^Packets of some of other machines .* rule 2 of chain prerouting/),
  ])
})
