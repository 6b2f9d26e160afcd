import { describe, expect, test } from '@jest/globals'
import type { DesiredMapping } from '@portolan/core'
import { mappingsOfPort } from '../../src/contract/mappings-by-port.ts'

const count = 2000

/** Mappings with one port each. They count how often their properties are read. */
const counted = (): { readonly mappings: readonly DesiredMapping[]; readonly looks: () => number } => {
  let looks = 0
  const mappings = Array.from({ length: count }, (_, at): DesiredMapping => {
    const mapping: DesiredMapping = {
      kind: 'nat',
      family: 'ip',
      protocol: 'tcp',
      hostAddress: null,
      hostPort: at + 1,
      interface: null,
      allowFrom: null,
      targets: [{ service: 'web', replica: 1, network: 'web', address: '172.17.0.1', port: 80, weight: 1 }],
      label: `${at + 1}`,
    }
    return new Proxy(mapping, {
      get: (target, key) => {
        looks += 1
        return Reflect.get(target, key)
      },
    })
  })
  return { mappings, looks: () => looks }
}

describe('the mappings of a port', () => {
  test('are found without looking at those of all others for each', () => {
    const { mappings, looks } = counted()
    for (let port = 1; port <= count; port += 1)
      expect(mappingsOfPort(mappings, 'nat', 'ip', 'tcp', port)).toEqual([mappings[port - 1]])
    // Sorting reads each some times, and so does jest's comparison.
    expect(looks()).toBeLessThan(count * 100)
  })

  test('are none of another kind, family, protocol or port', () => {
    const { mappings } = counted()
    expect(mappingsOfPort(mappings, 'direct', 'ip', 'tcp', 80)).toEqual([])
    expect(mappingsOfPort(mappings, 'nat', 'ip6', 'tcp', 80)).toEqual([])
    expect(mappingsOfPort(mappings, 'nat', 'ip', 'udp', 80)).toEqual([])
    expect(mappingsOfPort(mappings, 'nat', 'ip', 'tcp', count + 1)).toEqual([])
  })
})
