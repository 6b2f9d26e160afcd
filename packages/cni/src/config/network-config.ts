import { checkedBy } from '@portolan/netfilter/schema'
import { CniError, cniCodes } from '../cni-error.ts'
import { faultIn } from '../fault-in.ts'
import { type CniResult, readResult } from '../result/cni-result.ts'
import { isSupported, versionOf } from '../result/versions.ts'
import { configSchema, type WrittenConfig } from './config-schema.ts'
import { isObject } from './is-object.ts'

/** One network configuration, as a runtime passes it to a plugin on standard input. */
export interface NetworkConfig extends WrittenConfig {
  /** One of `supportedVersions`. */
  readonly cniVersion: string
  readonly name: string
  readonly prevResult: CniResult | null
}

/**
 * Reads a network configuration.
 * @param isNamed - false for VERSION and STATUS, which may come without a network
 * @throws CniError 6 for text that is not JSON, 1 for an unsupported version, 7 naming the wrong key
 */
export const readConfig = (text: string): NetworkConfig => {
  const value = readJson(text)
  const cniVersion = versionOf(value)
  if (!isSupported(cniVersion)) throw incompatible(cniVersion)
  const written = checkedBy(
    configSchema,
    value,
    (fault) => new CniError(cniCodes.invalidConfig, faultIn('the network configuration', fault)),
  )
  const { name = '', prevResult } = written
  if (!/^[a-z\d][\w.-]*$/i.test(name))
    throw new CniError(
      cniCodes.invalidConfig,
      `the network configuration's name is ${JSON.stringify(name)}: expected a letter or digit, and then letters, digits, "_", "." and "-".`,
    )
  refuseCapabilities(written)
  return {
    ...written,
    cniVersion,
    name,
    prevResult: prevResult === undefined || prevResult === null ? null : readResult(prevResult),
  }
}

/**
 * Reads the JSON object on standard input.
 * @throws CniError 6
 */
export const readJson = (text: string): Readonly<Record<string, unknown>> => {
  const fail = (why: string, cause?: unknown): CniError =>
    new CniError(
      cniCodes.decode,
      `the network configuration on standard input ${why}: expected one JSON object.`,
      { cause },
    )
  if (text.trim() === '') throw fail('is empty')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw fail(`is no JSON (${error instanceof Error ? error.message : String(error)})`, error)
  }
  if (!isObject(value)) throw fail('is no object')
  return value
}

export const incompatible = (cniVersion: string): CniError =>
  new CniError(
    cniCodes.incompatibleVersion,
    `CNI version ${JSON.stringify(cniVersion)} is not supported here.`,
    { details: 'Write a cniVersion of 0.4.0, 1.0.0 or 1.1.0 into the network configuration.' },
  )

const capabilities = ['portMappings', 'ips', 'mac']

/**
 * Refuses a declared capability that this plugin does not serve. Otherwise a request for it, such as a bandwidth limit,
 * would have no effect.
 */
const refuseCapabilities = ({ capabilities: declared = {} }: WrittenConfig): void => {
  for (const [name, isOn] of Object.entries(declared))
    if (isOn && !capabilities.includes(name))
      throw new CniError(
        cniCodes.unsupportedField,
        `the capability "${name}" is not one of portolan-cni, which has ${capabilities.join(', ')}.`,
        { details: `Remove it here, or give it to a plugin that has it, later in the list.` },
      )
}
