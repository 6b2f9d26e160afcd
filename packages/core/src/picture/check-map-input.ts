import {
  checkArgument,
  checkItems,
  checkOptions,
  listValue,
  nullOr,
  type OptionKinds,
  objectValue,
  textValue,
  type ValueKind,
  wholeValue,
  wordValue,
} from '@portolan/netfilter/schema'
import { subnetPlanOptions } from '../pool/check-subnet-plan.ts'
import type { Rejection, SubnetPlan, SubnetPlanOptions } from '../pool/index.ts'
import { poolsValue } from '../pool/pool-value.ts'
import type { MapInput } from './map-input.ts'

const what = 'the input of mapAddresses'

const inputValue = objectValue('{ family, size, pools, options, asked, subnets, rejected, cells }', {
  family: 'text',
  pools: 'objects',
  options: 'object',
  subnets: 'objects',
  rejected: 'objects',
})

/** A row is drawn in at most so many parts. */
const MOST_CELLS = 65_536

const partCount: ValueKind = {
  expected: `a power of two up to ${MOST_CELLS}, such as 32`,
  holds: (value) =>
    Number.isInteger(value) && Number(value) <= MOST_CELLS && Number.isInteger(Math.log2(Number(value))),
}

const isObject = objectValue('').holds

type Numbers = Pick<MapInput, 'family' | 'size' | 'pools' | 'asked' | 'cells'>

const inputParts: OptionKinds<Numbers> = {
  family: wordValue(['ip', 'ip6']),
  size: nullOr(wholeValue),
  pools: poolsValue,
  asked: wholeValue,
  cells: partCount,
}

type Shown = Pick<SubnetPlan, 'network' | 'subnet' | 'gateway' | 'pool' | 'rejected'>

const planParts: OptionKinds<Shown> = {
  network: textValue(),
  subnet: textValue(),
  gateway: textValue(),
  pool: nullOr(textValue()),
  rejected: listValue('a list of what was passed over', isObject),
}

const rejectionParts: OptionKinds<Rejection> = {
  kind: textValue(),
  overlaps: textValue(),
  detail: textValue(),
  candidate: textValue(),
  candidates: wholeValue,
}

/**
 * Refuses an input that `mapAddresses` cannot draw, with every entry of its lists, and of the lists inside them.
 * @throws InvalidRequestError naming the place
 */
export const checkMapInput = (input: MapInput): void => {
  checkArgument(input, inputValue, what)
  for (const [key, kind] of Object.entries<ValueKind>(inputParts))
    checkArgument(input[key as keyof Numbers], kind, `${key} in ${what}`)
  checkOptions<SubnetPlanOptions>(input.options, subnetPlanOptions, `the options in ${what}`)
  checkItems(input.subnets, planParts, 'subnets', what)
  checkItems(input.rejected, rejectionParts, 'rejected', what)
  for (const [at, { rejected }] of input.subnets.entries())
    checkItems(rejected, rejectionParts, `subnets[${at}].rejected`, what)
}
