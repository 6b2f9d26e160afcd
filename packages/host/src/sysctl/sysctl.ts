import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs'
import { ApplyError, InspectError, InvalidRequestError, PermissionError } from '@portolan/netfilter'
import { errorCode, errorMessage } from '@portolan/netfilter/schema'
import { whyUnread } from '../file/why-unread.ts'

const root = '/proc/sys'

/**
 * The file of a sysctl. As in sysctl(8), `/` and `.` change places: in `net.ipv4.conf.eth0/100.rp_filter` the interface
 * is `eth0.100`.
 *
 * @throws InvalidRequestError when the name would leave /proc/sys
 */
const sysctlFile = (name: string): string => {
  const parts = name.split('.').map((part) => part.replaceAll('/', '.'))
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0')))
    throw new InvalidRequestError(`"${name}" is not the name of a sysctl.`)
  return `${root}/${parts.join('/')}`
}

/**
 * Reads the value of a sysctl in this network namespace, without its line end; null: this kernel has no such sysctl.
 *
 * @param name - dotted; dots of an interface name are written `/`
 * @throws InspectError when the sysctl exists but cannot be read
 * @example
 * readSysctl('net.ipv4.ip_forward') // '1'
 * @public @since 0.1.0
 */
export const readSysctl = (name: string): string | null => {
  const file = sysctlFile(name)
  try {
    return readFileSync(file, 'utf8').trimEnd()
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    const isDenied = code === 'EACCES' || code === 'EPERM'
    throw new InspectError(
      {
        problem: `The sysctl ${name} cannot be read: ${whyUnread(error)}.`,
        remedy: () =>
          isDenied ? 'Run this as root.' : `Check why ${file} cannot be read, and run this again.`,
      },
      { command: `read ${file}`, exitCode: null, stderr: code },
      { cause: error },
    )
  }
}

/**
 * Tells whether `writeSysctl` could set a sysctl: false without the privilege, where /proc/sys is mounted read-only (as
 * in most containers), and where the kernel has no such sysctl.
 * @example
 * if (!isSysctlWritable('net.ipv4.ip_forward')) console.log('forwarding has to be switched on outside')
 * @public @since 0.1.0
 */
export const isSysctlWritable = (name: string): boolean => {
  try {
    // access(2) answers EROFS for a read-only mount even to root, which the mode bits would not show.
    accessSync(sysctlFile(name), constants.W_OK)
    return true
  } catch (error) {
    if (error instanceof InvalidRequestError) throw error
    return false
  }
}

/**
 * Sets a sysctl of this network namespace.
 *
 * @throws PermissionError without CAP_NET_ADMIN, or where /proc/sys is read-only
 * @throws ApplyError when the kernel has no such sysctl or refuses the value
 * @example
 * writeSysctl('net.ipv4.conf.br-web.route_localnet', '1')
 * @public @since 0.1.0
 */
export const writeSysctl = (name: string, value: string): void => {
  const file = sysctlFile(name)
  try {
    // The file is never created. Creating it would fail with EACCES for a mistyped name, which is the wrong message.
    writeFileSync(file, `${value}\n`, { flag: 'r+' })
  } catch (error) {
    throw writeError(name, value, error)
  }
}

const writeError = (name: string, value: string, cause: unknown): Error => {
  const code = errorCode(cause)
  if (code === 'EROFS')
    return new PermissionError(
      `Could not set ${name} to ${value}: /proc/sys is mounted read-only here. Set it outside of this container.`,
      'a writable /proc/sys',
      { cause },
    )
  if (code === 'EACCES' || code === 'EPERM')
    return new PermissionError(
      `Could not set ${name} to ${value}: that needs the capability CAP_NET_ADMIN. Run this as root.`,
      'CAP_NET_ADMIN',
      { cause },
    )
  const { why, mend } = refusals[code] ?? {
    why: errorMessage(cause),
    mend: 'Fix that, and run this again.',
  }
  return new ApplyError(
    { problem: `Could not set ${name} to ${value}: ${why}.`, remedy: () => mend },
    { applied: [], stderr: code === '' ? errorMessage(cause) : code },
    { cause },
  )
}

/** Why the kernel refused to set a sysctl, and what to do. */
const refusals: Readonly<Record<string, { readonly why: string; readonly mend: string }>> = {
  ENOENT: {
    why: 'this kernel has no such sysctl',
    mend: 'Check its name, and load the kernel module that brings it.',
  },
  EINVAL: {
    why: 'the kernel does not take this value (EINVAL)',
    mend: 'Give a value that the documentation of the sysctl names.',
  },
}
