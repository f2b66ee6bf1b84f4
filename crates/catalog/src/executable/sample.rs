//! Small ELF files for the tests of this crate.

/// A part of a sample: a section, and a segment too where it has an address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) name: &'a str,
    pub(crate) address: u64,
    pub(crate) writable: bool,
    pub(crate) bytes: &'a [u8],
}

/// Writes numbers as the file has them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) wide: bool,
    pub(crate) little: bool,
}

impl Form {
    pub(crate) fn number(self, value: u64, size: usize) -> Vec<u8> {
        let bytes = value.to_be_bytes();
        let mut bytes = bytes[8 - size..].to_vec();
        if self.little {
            bytes.reverse();
        }
        bytes
    }

    /// A number as large as an address.
    pub(crate) fn word(self, value: u64) -> Vec<u8> {
        self.number(value, if self.wide { 8 } else { 4 })
    }
}

/// An ELF file of these parts.
pub(crate) fn elf(form: Form, parts: &[Part<'_>]) -> Vec<u8> {
    let (header_size, segment_size, section_size) = if form.wide { (64, 56, 64) } else { (52, 32, 40) };
    let loaded: Vec<&Part<'_>> = parts.iter().filter(|part| part.address != 0).collect();
    let mut contents = Vec::new();
    let start = header_size + segment_size * loaded.len();
    let mut names = vec![0];
    let mut places = Vec::new();
    let mut section_names = parts.iter().map(|part| part.name).collect::<Vec<_>>();
    section_names.push(".shstrtab");
    for part in parts {
        while !(start + contents.len()).is_multiple_of(16) {
            contents.push(0);
        }
        places.push((start + contents.len()) as u64);
        contents.extend_from_slice(part.bytes);
    }
    let name_offsets: Vec<u64> = section_names
        .iter()
        .map(|name| {
            let offset = names.len() as u64;
            names.extend_from_slice(name.as_bytes());
            names.push(0);
            offset
        })
        .collect();
    places.push((start + contents.len()) as u64);
    contents.extend_from_slice(&names);
    let table = (start + contents.len()) as u64;
    let mut file = b"\x7fELF".to_vec();
    file.extend([if form.wide { 2 } else { 1 }, if form.little { 1 } else { 2 }, 1, 0]);
    file.extend([0; 8]);
    file.extend([form.number(2, 2), form.number(62, 2), form.number(1, 4), form.word(0)].concat());
    file.extend([form.word(header_size as u64), form.word(table), form.number(0, 4)].concat());
    let counts = [header_size, segment_size, loaded.len(), section_size, parts.len() + 1, parts.len()];
    counts.iter().for_each(|count| file.extend(form.number(*count as u64, 2)));
    for (part, place) in parts.iter().zip(&places).filter(|(part, _)| part.address != 0) {
        let flags = form.number(if part.writable { 6 } else { 4 }, 4);
        let size = form.word(part.bytes.len() as u64);
        let address = form.word(part.address);
        let place = form.word(*place);
        file.extend(form.number(1, 4));
        if form.wide {
            file.extend([flags, place, address.clone(), address, size.clone(), size, form.word(16)].concat());
        } else {
            file.extend([place, address.clone(), address, size.clone(), size, flags, form.word(16)].concat());
        }
    }
    file.extend(contents);
    let sizes = parts.iter().map(|part| part.bytes.len()).chain([names.len()]);
    let addresses = parts.iter().map(|part| part.address).chain([0]);
    // The loader knows the dynamic section by its kind, not by its name.
    let kinds = section_names.iter().map(|name| if *name == ".dynamic" { 6 } else { 1 });
    for ((((name, place), size), address), kind) in
        name_offsets.iter().zip(&places).zip(sizes).zip(addresses).zip(kinds)
    {
        let fields = [form.word(0), form.word(address), form.word(*place), form.word(size as u64)].concat();
        file.extend([form.number(*name, 4), form.number(kind, 4), fields, form.number(0, 8)].concat());
        file.extend([form.word(1), form.word(0)].concat());
    }
    file
}

/// A file of 64 bits with the lowest byte first whose sections, sixty thousand of them, all are the
/// first one: of that name, in that place, and of this kind and with these flags.
pub(crate) fn of_equal_sections(name: &str, bytes: &[u8], kind: u32, flags: u64) -> Vec<u8> {
    let first = Part { name, address: 0x1000, writable: false, bytes };
    let others = Part { name: "x", address: 0, writable: false, bytes: b"" };
    let parts: Vec<Part<'_>> = std::iter::once(first).chain(std::iter::repeat_n(others, 60_000)).collect();
    let mut file = elf(Form { wide: true, little: true }, &parts);
    let table = u64::from_le_bytes(*file[40..].first_chunk().unwrap()) as usize;
    let mut header = file[table..table + 64].to_vec();
    header[4..8].copy_from_slice(&kind.to_le_bytes());
    header[8..16].copy_from_slice(&flags.to_le_bytes());
    for place in (0..parts.len()).map(|number| table + number * 64) {
        file[place..place + 64].copy_from_slice(&header);
    }
    file
}

/// Makes the names of the sections of such a file lie where the first one does.
pub(crate) fn name_by_first_section(file: &mut [u8]) {
    let table = u64::from_le_bytes(*file[40..].first_chunk().unwrap()) as usize;
    let names = table + 64 * (u16::from_le_bytes(*file[62..].first_chunk().unwrap()) as usize);
    file.copy_within(table + 24..table + 40, names + 24);
}
