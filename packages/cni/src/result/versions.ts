import { CniError, cniCodes } from '../cni-error.ts'

/** The supported versions of the specification, oldest first. */
export const supportedVersions: readonly string[] = ['0.4.0', '1.0.0', '1.1.0']

export const isSupported = (version: string): boolean => supportedVersions.includes(version)

/**
 * The version that a configuration names. A configuration without one is older than the key, so it has version 0.1.0.
 * @throws CniError 6 when the version is not a text
 */
export const versionOf = ({ cniVersion = '0.1.0' }: Readonly<Record<string, unknown>>): string => {
  if (typeof cniVersion === 'string') return cniVersion
  throw new CniError(
    cniCodes.decode,
    `cniVersion in the network configuration is ${JSON.stringify(cniVersion)}: expected a text such as "1.0.0".`,
  )
}

/** Does a version have GC and STATUS? They were added in 1.1.0. */
export const knowsGc = (version: string): boolean => version === '1.1.0'
