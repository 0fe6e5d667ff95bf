// For browsers from before 2018, which know no modules and run this instead: shows the sentence in #unsupported.
document.getElementById("unsupported").hidden = false;
