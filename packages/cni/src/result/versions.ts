import { CniError, cniCodes } from '../cni-error.ts'

/** The versions of the specification that are spoken here, the oldest first. */
export const supportedVersions: readonly string[] = ['0.4.0', '1.0.0', '1.1.0']

export const isSupported = (version: string): boolean => supportedVersions.includes(version)

/**
 * What a configuration names; without one it is of the time before there were versions.
 * @throws CniError 6 for what is no text
 */
export const versionOf = ({ cniVersion = '0.1.0' }: Readonly<Record<string, unknown>>): string => {
  if (typeof cniVersion === 'string') return cniVersion
  throw new CniError(
    cniCodes.decode,
    `cniVersion in the network configuration is ${JSON.stringify(cniVersion)}: expected a text such as "1.0.0".`,
  )
}

/** GC and STATUS are there since 1.1.0. */
export const knowsGc = (version: string): boolean => version === '1.1.0'
