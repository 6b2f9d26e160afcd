/**
 * What to do where the kernel refuses a change for a reason that only its log tells.
 * @example
 * unknownRemedy.startsWith('Run this again.') // true
 * @public @since 0.1.0
 */
export const unknownRemedy =
  'Run this again. If the kernel refuses it each time, look for the reason in its log (dmesg), and report it with the version of the kernel (uname -r).'

/**
 * What to do where the kernel has no memory for a change (ENOMEM, ENOBUFS).
 * @example
 * memoryRemedy.startsWith('Free memory') // true
 * @public @since 0.1.0
 */
export const memoryRemedy = 'Free memory, or raise the memory limit of the control group, and run this again.'
