import { checkDesired, checkMapping, type DesiredMapping, type DesiredState } from '@portolan/core'
import { byteLength, InvalidRequestError } from '@portolan/netfilter'
import { isQuotable } from './tag.ts'

/**
 * Checks an interface name before it goes into a quoted string. The kernel's `dev_valid_name` (net/core/dev.c) refuses
 * `/`, `:`, white space, `.` and `..`. nft reads a closing `*` as a wildcard, and in JSON a leading `@` as a set. nft
 * has no way to write `"`.
 */
const checkInterface = (name: string, what: string): void => {
  const bytes = byteLength(name)
  const sound =
    bytes >= 1 && bytes <= 15 && isQuotable(name) && !/[\s/:*]/u.test(name) && !/^(@.*|\.\.?)$/u.test(name)
  if (!sound)
    throw new InvalidRequestError(
      `${what} ${JSON.stringify(name)} is not a usable interface name: use 1 to 15 bytes without spaces, quotes, "/", ":", "*" or "\\", and no "@" in front.`,
    )
}

const checkInterfaceOf = ({ interface: name, label }: DesiredMapping): void => {
  if (name !== null) checkInterface(name, `The interface of mapping ${label}`)
}

/**
 * Checks one mapping by the rules of `validate`.
 * @throws InvalidRequestError naming the value that cannot be written
 */
export const validateMapping = (mapping: DesiredMapping): void => {
  checkMapping(mapping)
  checkInterfaceOf(mapping)
}

/**
 * Refuses values that could not be written as a rule. No value from a user may change the meaning of a script.
 * @throws InvalidRequestError naming the value
 */
export const validate = (desired: DesiredState): void => {
  checkDesired(desired)
  for (const network of desired.networks)
    checkInterface(network.bridge, `The bridge of network ${network.name}`)
  desired.mappings.forEach(checkInterfaceOf)
  for (const { from, label } of desired.openings ?? [])
    if (from.kind === 'interface') checkInterface(from.name, `The interface of ${label}`)
}
