// scanner.mjs - a virus scanner of two lines, and what it takes for a virus.
export const VIRUS = Buffer.from("harmless, and called Test-Virus\n");
export const TOO_MUCH = Buffer.from("the scanner falls over this\n");

// In a centre's file.
export const SCANNED = `
files:
  scan: [sh, -c, ${JSON.stringify(`
case "$(cat)" in
*Test-Virus*) echo "Test-Virus FOUND"; exit 1 ;;
*"falls over"*) exit 2 ;;
esac`)}]
`;
