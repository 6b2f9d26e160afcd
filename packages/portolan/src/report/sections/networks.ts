import { replicaName } from '@portolan/core'
import type { Plan } from '../../plan/plan.ts'
import { gatewayOf, originWords, rejectionWords } from '../../plan/print/print-networks.ts'
import { type Content, element, type Markup, trusted } from '../markup.ts'
import { cut, paragraph, part, table } from './tables.ts'

const longestList = 1000

/**
 * The address map, the subnet of each network with the reason for it, and the addresses of containers.
 * @param drawings - pictures as SVG
 */
export const networksPart = (
  { subnets, desired, addresses }: Pick<Plan, 'subnets' | 'desired' | 'addresses'>,
  drawings: readonly string[],
): Markup => {
  const networks = cut(subnets, longestList)
  const containers = cut(addresses, longestList)
  return part(
    'networks',
    'Addresses',
    drawings.map((drawing) =>
      element(
        'figure',
        {},
        element(
          'div',
          { class: 'r-scroll', role: 'region', 'aria-label': 'Address map', tabindex: 0 },
          trusted(drawing),
        ),
        element('figcaption', { class: 'r-quiet' }, 'Address map. The table below says the same in words.'),
      ),
    ),
    subnets.length === 0
      ? paragraph('The project has no network of its own.')
      : [
          element('h3', {}, 'Networks'),
          table(
            'Subnets of networks',
            ['Network', 'Subnet', 'Gateway', 'Why this one'],
            networks.shown.map((one) => [
              one.network,
              element('code', {}, one.subnet),
              element('code', {}, gatewayOf(one, desired) ?? 'none'),
              why(one),
            ]),
          ),
        ],
    networks.more,
    addresses.length === 0
      ? []
      : [
          element('h3', {}, 'Containers'),
          table(
            'Addresses of containers',
            ['Service', 'Network', 'Address', 'MAC'],
            containers.shown.map(({ service, replica, network, address, mac }) => [
              replicaName({ service, replica }),
              network,
              element('code', {}, address),
              element('code', {}, mac),
            ]),
          ),
          containers.more,
        ],
  )
}

const why = (one: Plan['subnets'][number]): Content => {
  const words = originWords(one)
  if (one.rejected.length === 0) return words
  const { shown, more } = cut(one.rejected, longestList)
  return [
    words,
    element(
      'details',
      {},
      element('summary', {}, `${one.rejected.length} passed over`),
      element(
        'ul',
        {},
        shown.map((rejected) => element('li', {}, rejectionWords(rejected))),
      ),
      more,
    ),
  ]
}
