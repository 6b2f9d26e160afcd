import { isSysctlWritable, readSysctl, writeSysctl } from '@portolan/host'
import type { Sysctls } from './live-machine.ts'

/** The sysctls of this host. */
export const thisSysctls: Sysctls = { read: readSysctl, write: writeSysctl, isWritable: isSysctlWritable }
