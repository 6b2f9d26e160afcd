import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { bridgeAlias, type DesiredNetwork } from '@portolan/core'
import { endpointIntent, networkIntent } from '@portolan/core/planning'
import { ownBridges } from '../../../src/live/networks/own-bridges.ts'
import type { PublishRequest } from '../../../src/live/ports/publish-request.ts'
import { requestedMappings } from '../../../src/live/ports/requested-mappings.ts'
import { openWantedState } from '../../../src/live/wanted/open-wanted-state.ts'
import { type WantedState, withEndpoint, withNetwork } from '../../../src/live/wanted/wanted-state.ts'

const network = (name: string, at: number, mode: 'nat' | 'routed' = 'nat'): DesiredNetwork => ({
  ...{ name, bridge: `br-${name}`, external: false, internal: false, icc: true, mtu: null },
  ip: { subnet: `10.${at}.0.0/24`, gateway: `10.${at}.0.1`, mode, masquerade: true },
  ip6: { subnet: `fd00:${at}::/64`, gateway: `fd00:${at}::1`, mode, masquerade: true },
})

const bridges = ownBridges({
  interfaces: (['web', 'open', 'front'] as const).map((name, at) => ({
    name: `br-${name}`,
    alias: bridgeAlias({ project: name === 'front' ? 'blog' : 'shop', network: name }),
    addresses: [`10.${at + 1}.0.1/24`, `fd00:${at + 1}::1/64`],
  })),
})

let folder = ''
let wanted: WantedState
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-wanted-'))
  wanted = openWantedState(folder, 'shop')
  const at = (service: string, name: string, ip: string, ip6: string | null) =>
    withEndpoint({
      intent: endpointIntent(service, name, {}),
      endpoint: { service, replica: 1, network: name, ip, ip6, mac: '' },
    })
  await wanted.change(() => [
    withNetwork({ intent: networkIntent('web', { ipv6: true }), network: network('web', 1) }),
    withNetwork({ intent: networkIntent('open', { ipv6: true }), network: network('open', 2, 'routed') }),
    at('web-1', 'web', '10.1.0.2', 'fd00:1::2'),
    at('web-2', 'web', '10.1.0.3', null),
    at('edge', 'open', '10.2.0.2', 'fd00:2::2'),
  ])
})
afterAll(async () => {
  await wanted.close()
  rmSync(folder, { recursive: true })
})

const supply = {
  take: (): number => {
    throw new Error('no request leaves its host port open')
  },
}
const mappingsOf = (request: PublishRequest) =>
  requestedMappings(request, { project: 'shop', wanted, bridges, supply })

const requests: readonly PublishRequest[] = [
  ...[8080, 80, 65_535].map((hostPort) => ({ hostPort, to: { endpoint: 'web-1', port: 80 } })),
  { hostPort: 8080, to: { endpoint: 'web-1', port: 81 } },
  { hostPort: 8080, protocol: 'udp', to: { endpoint: 'web-1', port: 80 } },
  { hostPort: 8081, to: { endpoint: 'web-2', port: 80 } },
  { hostPort: 80, to: { endpoint: 'edge', port: 80 } },
  { hostPort: 8080, to: { endpoint: 'edge', port: 80 } },
  ...['10.1.0.2', 'fd00:1::2', '10.1.0.9', '10.3.0.2', 'fd00:3::8080'].flatMap((address) =>
    [8080, 80].map((hostPort) => ({ hostPort, to: { address, port: 80 } })),
  ),
]

/** What says that no host address is asked for is read as any other: nothing is kept of it. */
const alone = (request: PublishRequest) => mappingsOf({ ...request, hostAddress: null })

test('a request comes to the same whatever was asked for before it', () => {
  for (const before of requests)
    for (const request of requests) {
      mappingsOf(before)
      expect(mappingsOf(request)).toEqual(alone(request))
      expect(JSON.stringify(mappingsOf(request))).toBe(JSON.stringify(alone(request)))
    }
})

test('a network that is changed binds the ports that are asked for behind it', async () => {
  const request = { hostPort: 8080, to: { endpoint: 'web-1', port: 80 } } as const
  expect(mappingsOf(request).map(({ hostAddress }) => hostAddress)).toEqual([null, null])
  const intent = networkIntent('web', { ipv6: true, hostBinding: '127.0.0.1' })
  await wanted.change(() => [withNetwork({ intent, network: network('web', 1) })])
  expect(mappingsOf(request).map(({ hostAddress }) => hostAddress)).toEqual(['127.0.0.1'])
})

test('a host port that is none is refused as it is behind one that is', () => {
  const to = { endpoint: 'web-1', port: 80 }
  mappingsOf({ hostPort: 8080, to })
  for (const hostPort of [0, 65_536, 1.5]) expect(() => mappingsOf({ hostPort, to })).toThrow(/port/)
})
