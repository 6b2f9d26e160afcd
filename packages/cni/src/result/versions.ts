/** The versions of the specification that are spoken here, the oldest first. */
export const supportedVersions: readonly string[] = ['0.4.0', '1.0.0', '1.1.0']

export const isSupported = (version: string): boolean => supportedVersions.includes(version)

/** What a configuration names; without one it is of the time before there were versions. */
export const versionOf = ({ cniVersion }: Readonly<Record<string, unknown>>): string =>
  typeof cniVersion === 'string' ? cniVersion : '0.1.0'

/** GC and STATUS are there since 1.1.0. */
export const knowsGc = (version: string): boolean => version === '1.1.0'
