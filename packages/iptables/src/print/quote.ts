const plain = /^[-_0-9A-Za-z]+$/

/**
 * A string as iptables-save writes it (libxtables `xtables_save_string`): bare when made of letters, digits,
 * `-` and `_`, else in double quotes with `"`, `\` and `'` escaped. iptables-restore undoes exactly this.
 */
export const quote = (value: string): string =>
  plain.test(value) ? value : `"${value.replace(/["\\']/g, '\\$&')}"`
