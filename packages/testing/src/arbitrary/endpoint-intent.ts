import type { EndpointIntent, NetworkIntent } from '@portolan/core'
import fc from 'fast-check'
import { composeName } from './names.ts'

interface ServiceDraft {
  readonly name: string
  readonly replicas: number
  /** Numbers that choose networks, modulo how many there are. */
  readonly networks: readonly number[]
  readonly fixed: boolean
  readonly mac: boolean
}

const serviceDraft: fc.Arbitrary<ServiceDraft> = fc.record({
  name: composeName,
  replicas: fc.integer({ min: 1, max: 3 }),
  networks: fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 3 }),
  fixed: fc.boolean(),
  mac: fc.boolean(),
})

/** Static addresses from the fifth on: the gateways stand elsewhere. */
const staticAddress = (network: NetworkIntent, family: 'ip' | 'ip6', order: number): string | null => {
  const subnet = network[family]?.subnet
  if (subnet === null || subnet === undefined) return null
  const host = 5 + order
  return family === 'ip'
    ? subnet.replace(/\d+\/\d+$/, String(host))
    : subnet.replace(/::\/\d+$/, `::${host.toString(16)}`)
}

/** Services with their replicas on one or more of the networks. */
export const endpointIntents = (
  networks: readonly NetworkIntent[],
): fc.Arbitrary<readonly EndpointIntent[]> =>
  fc
    .uniqueArray(serviceDraft, { minLength: 1, maxLength: 3, selector: ({ name }) => name })
    .map((services) => {
      let order = 0
      return services.flatMap((service) => {
        const chosen = new Set(service.networks.map((number) => networks[number % networks.length]))
        return [...chosen].flatMap((network) =>
          network === undefined
            ? []
            : Array.from({ length: service.replicas }, (_, index): EndpointIntent => {
                order += 1
                // One address cannot be that of two replicas, so only the first is ever given one.
                const fixed = service.fixed && index === 0
                return {
                  service: service.name,
                  replica: index + 1,
                  network: network.name,
                  ip: fixed ? staticAddress(network, 'ip', order) : null,
                  ip6: fixed ? staticAddress(network, 'ip6', order) : null,
                  mac: service.mac ? `02:42:00:00:00:${order.toString(16).padStart(2, '0')}` : null,
                  place: null,
                }
              }),
        )
      })
    })
