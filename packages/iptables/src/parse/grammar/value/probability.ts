/**
 * Prints probability / 2^31 as `%.11f`. 1/2^31 is the unit of the kernel (include/uapi/linux/netfilter/xt_statistic.h).
 * The division is done in integers, because C rounds a tie to even and `toFixed` rounds it up.
 */
export const probabilityText = (probability: number): string => {
  const scaled = BigInt(probability) * 10n ** 11n
  const unit = 2n ** 31n
  const rest = scaled % unit
  const floor = scaled / unit
  const up = rest * 2n > unit || (rest * 2n === unit && floor % 2n === 1n)
  const digits = (up ? floor + 1n : floor).toString().padStart(12, '0')
  return `${digits.slice(0, -11)}.${digits.slice(-11)}`
}
