import type { EndpointIntent, NetworkIntent } from '@portolan/core'
import fc from 'fast-check'
import { composeName } from './names.ts'

interface ServiceDraft {
  readonly name: string
  readonly replicas: number
  /** Numbers that choose networks, each modulo the number of networks. */
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

/** A static address, from the fifth of the subnet on. The gateways have other addresses. */
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
                // Two replicas cannot have one address, so only the first replica gets a static one.
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
