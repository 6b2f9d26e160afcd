import {
  absentOr,
  allOf,
  anything,
  checkedBy,
  listOf,
  type Schema,
  text,
  wholeNumber,
} from '@portolan/netfilter/schema'
import { CniError, cniCodes } from '../cni-error.ts'
import { faultIn } from '../fault-in.ts'

/**
 * The result of ADD in the form of CNI 1.0 and 1.1. Unknown keys are kept.
 * @see https://www.cni.dev/docs/spec/#add-success
 */
export interface CniResult {
  readonly interfaces?: readonly ResultInterface[]
  readonly ips?: readonly ResultAddress[]
  readonly routes?: readonly ResultRoute[]
  /** As the earlier plugin or the configuration has it: it is only passed on. */
  readonly dns?: unknown
}

export interface ResultInterface {
  readonly name: string
  readonly mac?: string
  readonly mtu?: number
  /** The path of the namespace; absent or empty: the host's. */
  readonly sandbox?: string
}

export interface ResultAddress {
  /** The address with its prefix length. */
  readonly address: string
  readonly gateway?: string
  /** The index of the interface in `interfaces`. */
  readonly interface?: number
}

export interface ResultRoute {
  readonly dst: string
  readonly gw?: string
}

const resultSchema: Schema<CniResult> = allOf({
  interfaces: absentOr(listOf(allOf({ name: text(), mac: absentOr(text()), sandbox: absentOr(text()) }))),
  ips: absentOr(
    listOf(allOf({ address: text(), gateway: absentOr(text()), interface: absentOr(wholeNumber) })),
  ),
  routes: absentOr(listOf(allOf({ dst: text(), gw: absentOr(text()) }))),
  dns: absentOr(anything),
})

/**
 * Reads the result of an earlier plugin.
 * @throws CniError 7 naming the fault in prevResult
 */
export const readResult = (value: unknown): CniResult => {
  return checkedBy(
    resultSchema,
    value,
    (fault) => new CniError(cniCodes.invalidConfig, faultIn('prevResult', fault)),
  )
}

/**
 * A result in the form of a version. 0.4.0 has the family of each address, and versions before 1.1.0 have no MTU. A
 * result from another plugin may be in the form of any version.
 */
export const resultIn = (version: string, result: CniResult): Readonly<Record<string, unknown>> => {
  const { interfaces = [], ips = [], ...rest } = result
  return {
    ...rest,
    cniVersion: version,
    interfaces: version === '1.1.0' ? interfaces : interfaces.map(({ mtu: _mtu, ...one }) => one),
    ips: ips.map(({ version: _family, ...one }: ResultAddress & { readonly version?: string }) =>
      version === '0.4.0' ? { version: one.address.includes(':') ? '6' : '4', ...one } : one,
    ),
  }
}
