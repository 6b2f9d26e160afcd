import { checkText } from '@portolan/netfilter/schema'
import { parseDockerDaemon } from './docker-daemon.ts'
import { type EngineReading, emptyReading } from './engine-reading.ts'
import { readUnitFile } from './unit-file.ts'

/** The options of dockerd's command line, with the keys of `daemon.json` that mean the same. */
const keys: Readonly<Record<string, string>> = {
  '--bip': 'bip',
  '--bip6': 'bip6',
  '--fixed-cidr': 'fixed-cidr',
  '--fixed-cidr-v6': 'fixed-cidr-v6',
  '--bridge': 'bridge',
  '-b': 'bridge',
  '--data-root': 'data-root',
  '--graph': 'data-root',
  '-g': 'data-root',
}

/**
 * Reads Docker's systemd unit, or a drop-in of that unit. The options of dockerd in `ExecStart=` mean the same as the
 * keys of `daemon.json`.
 *
 * @see dockerd(8), systemd.service(5)
 * @example
 * const text = '[Service]\nExecStart=/usr/sbin/dockerd -H fd:// --bip=172.26.0.1/16'
 * parseDockerUnit(text, 'docker.service').networks[0].subnets // ['172.26.0.0/16']
 * @public @since 0.1.0
 */
export const parseDockerUnit = (text: string, file: string): EngineReading => {
  checkText(text, 'text')
  checkText(file, 'file')
  const options = readUnitFile(text)
    .filter(({ name }) => name === 'Service')
    .flatMap(({ settings }) => settings)
    .filter(({ key }) => key === 'ExecStart')
    .flatMap(({ value }) => dockerdOptions(value))
  if (options.length === 0) return emptyReading
  const settings: Record<string, unknown> = {}
  for (const [name, value] of options) {
    const key = keys[name]
    if (key !== undefined && !value.includes('$')) settings[key] = value
  }
  const pools = options.flatMap(([name, value]) => (name === '--default-address-pool' ? [poolOf(value)] : []))
  if (pools.length > 0) settings['default-address-pools'] = pools
  const configFiles = options.flatMap(([name, value]) => (name === '--config-file' ? [value] : []))
  return {
    ...parseDockerDaemon(JSON.stringify(settings), file),
    ...(configFiles.length === 0 ? {} : { configFiles }),
  }
}

/**
 * The flags of dockerd's command line, in both spellings: `--bip=10.0.0.1/24` and `--bip 10.0.0.1/24`. Empty for any
 * other program.
 */
const dockerdOptions = (command: string): readonly (readonly [string, string])[] => {
  const [program = '', ...words] = command.split(/\s+/).map(unquoted)
  // systemd.service(5): special characters may precede the program.
  if (!/^[-@:+!]*(\S*\/)?dockerd$/.test(program)) return []
  return words.flatMap((word, at): readonly (readonly [string, string])[] => {
    if (!word.startsWith('-')) return []
    const equals = word.indexOf('=')
    if (equals >= 0) return [[word.slice(0, equals), unquoted(word.slice(equals + 1))]]
    const next = words[at + 1]
    return next === undefined || next.startsWith('-') ? [] : [[word, next]]
  })
}

/** `base=172.30.0.0/16,size=24` (dockerd(8)). */
const poolOf = (text: string): Readonly<Record<string, unknown>> => {
  const parts = new Map(text.split(',').map((part) => part.split('=', 2) as [string, string]))
  return { base: parts.get('base'), size: Number(parts.get('size')) }
}

const unquoted = (word: string): string => word.replace(/^(["'])(.*)\1$/, '$2')
