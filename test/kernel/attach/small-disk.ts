import type { Lab } from '../../lab/lab.ts'

/** A disk of one MiB in the host of a lab. */
export interface SmallDisk {
  readonly path: string
  /** Fills the disk, so that only so much stays free. */
  readonly leaveFree: (kibibytes: number) => Promise<void>
}

/** @param path - the disk is mounted here, and hides what was there before */
export const openSmallDisk = async (lab: Lab, path = '/run/lab/disk'): Promise<SmallDisk> => {
  const options = 'size=1m,mode=700'
  await lab.host.mustRun(['sh', '-ec', `mkdir -p "$1"; mount -t tmpfs -o ${options} tmpfs "$1"`, 'sh', path])
  return {
    path,
    leaveFree: async (kibibytes) => {
      // head writes as much as fits.
      const fill = `rm -f "$1/fill"; used=$(du -sk "$1" | cut -f1); size=$((1024 - used - $2))
[ $size -le 0 ] || head -c \${size}K /dev/zero > "$1/fill" || true`
      await lab.host.mustRun(['sh', '-ec', fill, 'sh', path, String(kibibytes)])
    },
  }
}
